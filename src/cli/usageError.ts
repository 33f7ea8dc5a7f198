/** The command was typed wrongly. The message says what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** What is wrong: an option, an argument. */
  readonly subject: string;

  constructor(subject: string, reason: string) {
    super(reason);
    this.subject = subject;
  }
}

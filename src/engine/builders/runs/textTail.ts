/** The end of a text that grows: what is beyond the limit is taken away from its beginning. */
export class TextTail {
  readonly #limit: number;
  #pieces: string[] = [];
  #length = 0;

  /** @param limit characters, roughly. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(text: string): void {
    this.#pieces.push(text.slice(-this.#limit));
    this.#length += text.length;
    if (this.#length > 2 * this.#limit) this.#shorten();
  }

  toString(): string {
    this.#shorten();
    return this.#pieces.join('');
  }

  #shorten(): void {
    const text = this.#pieces.join('').slice(-this.#limit);
    this.#pieces = [text];
    this.#length = text.length;
  }
}

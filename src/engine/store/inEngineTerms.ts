import { toEngineError } from '../base/errors.ts';

/** Does the work, and gives failures of the disk as EngineErrors about `subject`. */
export async function inEngineTerms<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toEngineError(error, subject);
  }
}

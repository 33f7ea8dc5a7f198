import { shrink } from '../shrink.ts';
import { describeFindings } from './findings.ts';
import { type RandomCase, toBuildCase } from './randomCase.ts';
import type { StatusProof } from './statusProof.ts';

/** The smallest case in which something is still wrong, for a person. */
export async function smallestWrong(proof: StatusProof, random: RandomCase): Promise<string> {
  const pieces = await shrink(random.pieces, async (fewer) => {
    const { isWrong } = await findingsOf(proof, { ...random, pieces: fewer });
    return isWrong;
  });
  const smallest = { ...random, pieces };
  const { text } = await findingsOf(proof, smallest);
  return `${JSON.stringify(toBuildCase(smallest), undefined, 1)}\n${text}`;
}

async function findingsOf(
  proof: StatusProof,
  random: RandomCase,
): Promise<{ readonly isWrong: boolean; readonly text: string }> {
  const before = proof.findings.length;
  // What cannot be laid out or built shows nothing.
  await proof.prove(toBuildCase(random)).catch(() => undefined);
  const found = proof.findings.splice(before);
  const wrong = found.filter(({ isWrong }) => isWrong);
  return { isWrong: wrong.length > 0, text: describeFindings(wrong) };
}

import * as vscode from 'vscode';
import { type Disposable, type DockerfileProblem, readStages, type StepReason } from '../../engine/index.ts';
import { dockerfileProblem } from '../dockerfileProblem.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { instructionRange, isDockerfile, parsedDocument } from '../dockerfiles.ts';
import { oneLine } from '../text.ts';

/** What the builder refuses, warns of or passes over in a Dockerfile, and what it cannot read of the context, as problems. */
export class ReportProblems implements Disposable {
  readonly #builds: DockerfileBuilds;
  readonly #problems = vscode.languages.createDiagnosticCollection('lamina-dockerfile');
  readonly #own: readonly Disposable[];

  constructor(builds: DockerfileBuilds) {
    this.#builds = builds;
    this.#own = [
      this.#problems,
      builds.states.onDidChange((uri) => {
        this.#show(uri);
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.#forgetHidden();
      }),
    ];
  }

  /** What is shown of a Dockerfile. */
  of(uri: vscode.Uri): readonly vscode.Diagnostic[] {
    return this.#problems.get(uri) ?? [];
  }

  dispose(): void {
    for (const each of this.#own) each.dispose();
  }

  #show(uri: vscode.Uri): void {
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
    if (document === undefined || !isDockerfile(document)) return;
    const ofSteps = this.#ofSteps(document);
    // What a step is told of needs no other word in English.
    const isTold = ({ range, severity }: vscode.Diagnostic): boolean =>
      severity === vscode.DiagnosticSeverity.Warning && ofSteps.some((each) => each.range.isEqual(range));
    this.#problems.set(uri, [...this.#ofText(document).filter((each) => !isTold(each)), ...ofSteps]);
  }

  /** Nothing looks after a Dockerfile that is not visible: what was wrong may have been put right. */
  #forgetHidden(): void {
    for (const [uri] of this.#problems) if (!this.#builds.states.isFollowed(uri)) this.#problems.delete(uri);
  }

  /** As the builder's plan has it; without an answer for the text as it is, what the text itself shows. */
  #ofText(document: vscode.TextDocument): readonly vscode.Diagnostic[] {
    const { answer } = this.#builds.states.of(document.uri);
    const dockerfile = parsedDocument(document);
    const isOfText = answer?.instructions === dockerfile.instructions;
    const { problems } = isOfText ? answer.report : readStages(dockerfile);
    return problems.map((each) => toProblem(document, each));
  }

  #ofSteps(document: vscode.TextDocument): readonly vscode.Diagnostic[] {
    const { instructions } = parsedDocument(document);
    const builder = this.#builds.states.of(document.uri).answer?.builder.identity.name ?? '';
    return this.#builds.states.stepsOf(document).flatMap((step, at) => {
      const instruction = instructions[at];
      const told = step && instruction && stepWarning(step.reason, builder);
      if (told === undefined || instruction === undefined) return [];
      const severity = vscode.DiagnosticSeverity.Warning;
      const { code, message } = told;
      const problem = dockerfileProblem(document, instructionRange(document, instruction), {
        message,
        severity,
      });
      problem.code = code;
      return [problem];
    });
  }
}

/** What a builder passes over without a word, and what it cannot read. */
function stepWarning(
  { code, subject, ignored }: StepReason,
  builder: string,
): { readonly code: string; readonly message: string } | undefined {
  if (ignored !== undefined) {
    const message = vscode.l10n.t(
      '{0} is ignored by {1}, which says nothing of it.',
      oneLine(ignored),
      oneLine(builder),
    );
    return { code: 'ignored-by-builder', message };
  }
  return code === 'context-unreadable' ? { code, message: unreadableText(subject) } : undefined;
}

function toProblem(
  document: vscode.TextDocument,
  { code, severity, range, message }: DockerfileProblem,
): vscode.Diagnostic {
  const place = new vscode.Range(document.positionAt(range.start), document.positionAt(range.end));
  const isError = severity === 'error';
  const problem = dockerfileProblem(document, place, {
    message: oneLine(message),
    severity: isError ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning,
  });
  problem.code = code;
  return problem;
}

function unreadableText(file: string | undefined): string {
  return file === undefined
    ? vscode.l10n.t('The build context has a file that cannot be read, so that a build may fail here.')
    : vscode.l10n.t('{0} in the build context cannot be read, so that a build may fail here.', oneLine(file));
}

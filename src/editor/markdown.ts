import * as vscode from 'vscode';
import { escapeForDisplay } from '../engine/index.ts';

/**
 * The only maker of markdown. Text of an image goes in as text: escaped for display, then for markdown; HTML is off,
 * and no link runs a command but those named here.
 */
export class SafeMarkdown {
  readonly #markdown = new vscode.MarkdownString();

  /** A line of its own in bold, as a title. */
  title(text: string): this {
    this.#markdown.appendMarkdown(`**${literal(text)}**\n\n`);
    return this;
  }

  /** A paragraph. */
  paragraph(text: string): this {
    this.#markdown.appendMarkdown(`${literal(text)}\n\n`);
    return this;
  }

  /** A paragraph of code, such as an instruction. */
  code(text: string): this {
    this.#markdown.appendCodeblock(shown(text), 'dockerfile');
    return this;
  }

  /** Lines of a name and a value; those without a value are left out. */
  facts(rows: readonly (readonly [name: string, value: string | undefined])[]): this {
    for (const [name, value] of rows) {
      if (value === undefined || value === '') continue;
      this.#markdown.appendMarkdown(`${literal(name)}:&nbsp; ${literal(value)}  \n`);
    }
    this.#markdown.appendMarkdown('\n');
    return this;
  }

  /** Lines with a mark before each. */
  list(lines: readonly string[]): this {
    this.#markdown.appendMarkdown(`${lines.map((line) => `- ${literal(line)}\n`).join('')}\n`);
    return this;
  }

  /** A line of links that run commands of Lamina, and only these. */
  links(links: readonly MarkdownLink[]): this {
    const before = this.#markdown.isTrusted;
    const known = typeof before === 'object' ? before.enabledCommands : [];
    this.#markdown.isTrusted = { enabledCommands: [...known, ...links.map(({ command }) => command)] };
    const texts = links.map((link) => `[${literal(link.title)}](${commandUri(link)})`);
    this.#markdown.appendMarkdown(`${texts.join(' &nbsp;|&nbsp; ')}\n\n`);
    return this;
  }

  build(): vscode.MarkdownString {
    return this.#markdown;
  }
}

/** A command with arguments that can be written as JSON. */
export interface MarkdownLink {
  readonly title: string;
  readonly command: `lamina.${string}`;
  readonly arguments: readonly (string | number)[];
}

function commandUri({ command, arguments: args }: MarkdownLink): string {
  const query = encodeURIComponent(JSON.stringify(args)).replace(/[()'!*]/g, (sign) => percent(sign));
  return `command:${command}?${query}`;
}

function percent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16)}`;
}

/** Text in which nothing is markup: CommonMark takes a backslash before any ASCII punctuation as "itself". */
function literal(text: string): string {
  return shown(text)
    .replace(/[!-/:-@[-`{-~]/g, '\\$&')
    .replace(/^ +| {2,}/g, (spaces) => '\u00a0'.repeat(spaces.length));
}

function shown(text: string): string {
  return escapeForDisplay(text).slice(0, 4000);
}

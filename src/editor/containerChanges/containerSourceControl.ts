import * as vscode from 'vscode';
import { type ContainerFileChange, isEngineError, rootPath } from '../../engine/index.ts';
import { containerChangeText, isOwnChange } from '../changeText.ts';
import type { EditorContext } from '../context.ts';
import { logFailure } from '../failures.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import type { OpenedImage } from '../openedImages.ts';
import { oneLine } from '../text.ts';
import { containerFileUri, parseContainerFileUri, rootfsUri } from '../uri.ts';

/** Changes that come close together are looked at once. */
const settleMs = 200;

/**
 * One container in the view *Source Control*: its image is what was committed, and what it changed are the changes. As
 * long as it is there, the container's files are watched.
 */
export class ContainerSourceControl implements vscode.Disposable {
  readonly container: OpenedContainer;
  /** As the container was called when this was made: URIs bear it. */
  readonly name: string;
  readonly root: vscode.Uri;
  readonly #context: EditorContext;
  readonly #control: vscode.SourceControl;
  readonly #group: vscode.SourceControlResourceGroup;
  readonly #parts: readonly { dispose(): unknown }[];
  #image: Promise<OpenedImage | undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(context: EditorContext, container: OpenedContainer) {
    this.#context = context;
    this.container = container;
    this.name = container.name;
    this.root = containerFileUri(container, rootPath);
    const label = vscode.l10n.t('Container {0}', oneLine(container.name));
    this.#control = vscode.scm.createSourceControl('lamina', label, this.root);
    this.#group = this.#control.createResourceGroup('changes', vscode.l10n.t('Changes'));
    this.#group.hideWhenEmpty = false;
    this.#control.quickDiffProvider = { provideOriginalResource: (uri) => this.#original(uri) };
    this.#control.acceptInputCommand = this.#commitCommand();
    this.#control.inputBox.placeholder = vscode.l10n.t(
      'Message ({0} to commit {1} as an image)',
      '{0}',
      oneLine(container.name),
    );
    this.#parts = [
      this.#control,
      context.containers.look(),
      container.files.watch(),
      context.containers.onDidChange((id) => {
        if (id === container.id) this.#refreshSoon();
      }),
    ];
  }

  get message(): string {
    return this.#control.inputBox.value;
  }

  set message(text: string) {
    this.#control.inputBox.value = text;
  }

  /** Whether a menu's argument stands for this container, or for its changes. */
  is(value: unknown): boolean {
    return value === this.#control || value === this.#group;
  }

  /** Looks at the changes anew. What cannot be asked now leaves the list as it is. */
  async refresh(): Promise<void> {
    try {
      const changes = (await this.container.files.changes()).filter(isOwnChange);
      if (this.#isOver) return;
      this.#group.resourceStates = changes.map((change) => this.#stateOf(change));
      this.#control.count = changes.length;
    } catch (error) {
      if (!isEngineError(error)) throw error;
      logFailure(error, this.#context.log);
    }
  }

  dispose(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const each of this.#parts) each.dispose();
  }

  #refreshSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.refresh();
    }, settleMs);
  }

  #commitCommand(): vscode.Command {
    return { command: 'lamina.commitContainer', title: vscode.l10n.t('Commit'), arguments: [this.root] };
  }

  #stateOf(change: ContainerFileChange): vscode.SourceControlResourceState {
    const resourceUri = containerFileUri(this.container, change.path);
    const isRemoved = change.kind === 'removed';
    return {
      resourceUri,
      contextValue: change.kind,
      command: {
        command: 'lamina.compareWithImage',
        title: vscode.l10n.t('Compare with Image'),
        arguments: [resourceUri],
      },
      decorations: { tooltip: containerChangeText(change), strikeThrough: isRemoved, faded: isRemoved },
    };
  }

  /** The image's version, beside which the gutter marks what is another. Nothing beside what the image does not have. */
  async #original(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
    try {
      const { containerId, path } = parseContainerFileUri(uri);
      if (containerId !== this.container.id) return undefined;
      const opened = await (this.#image ??= this.container.image());
      if (opened === undefined) return undefined;
      const entry = (await this.#context.engine.rootfs(opened.image)).resolve(path);
      return entry?.type === 'file' ? rootfsUri(opened.image, path) : undefined;
    } catch (error) {
      if (isEngineError(error)) return undefined;
      throw error;
    }
  }
}

import type * as vscode from 'vscode';
import type { Disposable, Engine, Event, Logger } from '../engine/index.ts';
import type { KnownEngines } from './knownEngines.ts';
import type { OpenedContainers } from './openedContainers.ts';
import type { OpenedImages } from './openedImages.ts';
import type { Settings } from './settings.ts';
import type { SignIns } from './signIns.ts';

/** What every feature of the editor receives; made once by `extension.ts`. */
export interface EditorContext {
  /** Made when it is first asked for, so that activation costs nothing. */
  readonly engine: Engine;
  readonly images: OpenedImages;
  readonly engines: KnownEngines;
  readonly containers: OpenedContainers;
  readonly settings: Settings;
  readonly signIns: SignIns;
  readonly log: vscode.LogOutputChannel;
  readonly memory: vscode.Memento;
  readonly extensionUri: vscode.Uri;
  readonly subscriptions: { dispose(): unknown }[];
}

// The engine has types of its own for these; here the compiler proves that the editor's fit.
/** @public */
export type LogFits = Fits<vscode.LogOutputChannel, Logger>;
/** @public */
export type DisposableFits = Fits<vscode.Disposable, Disposable>;
/** @public */
export type EventFits = Fits<vscode.Event<string>, Event<string>>;
type Fits<Given extends Wanted, Wanted> = Given;

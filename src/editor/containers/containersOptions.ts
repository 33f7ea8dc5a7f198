import type * as vscode from 'vscode';
import { RememberedOptions } from '../rememberedOptions.ts';
import type { ContainersShown } from './shownContainers.ts';

const usual: ContainersShown = { filter: '', groupsProjects: true, showsStopped: true };

/** Keeps over a restart how containers are shown. */
export class ContainersOptions extends RememberedOptions<ContainersShown> {
  constructor(memory: vscode.Memento) {
    super(memory, 'lamina.containersView', usual, ({ filter, groupsProjects, showsStopped }) => ({
      'lamina.containersFiltered': filter !== '',
      'lamina.projectsUngrouped': !groupsProjects,
      'lamina.stoppedHidden': !showsStopped,
    }));
  }
}

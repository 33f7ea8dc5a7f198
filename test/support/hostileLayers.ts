import type { TarHeader } from '../../src/engine/archive/tarSink.ts';

export type AddEntry = (name: string, header?: Partial<TarHeader>) => void;

export interface HostileLayer {
  readonly write: (count: number, add: AddEntry) => void;
  /** For a run that is to be short, and for one that may be long. */
  readonly smallest: number;
  readonly largest: number;
  /** At most so many nodes, the root included. */
  readonly nodes: (count: number) => number;
}

const directory = { typeflag: 0x35 };
const symlink = (linkName: string): Partial<TarHeader> => ({ typeflag: 0x32, linkName });
const hardLink = (linkName: string): Partial<TarHeader> => ({ typeflag: 0x31, linkName });
const times = (count: number, write: (at: number) => void): void => {
  for (let at = 0; at < count; at++) write(at);
};

export const hostileLayers: Readonly<Record<string, HostileLayer>> = {
  'names in one directory': {
    write: (count, add) => {
      times(count, (at) => {
        add(`directory/file-${at}`, { size: at });
      });
    },
    smallest: 20_000,
    largest: 250_000,
    nodes: (count) => count + 2,
  },
  'empty files in many directories': {
    write: (count, add) => {
      times(count, (at) => {
        add(`d${at % 1000}/e${at}`);
      });
    },
    smallest: 20_000,
    largest: 750_000,
    nodes: (count) => count + 1001,
  },
  'directories in one another': {
    write: (count, add) => {
      times(count, (at) => {
        add('d/'.repeat(at + 1), directory);
      });
    },
    smallest: 500,
    largest: 2500,
    nodes: (count) => count + 1,
  },
  'one deep name': {
    write: (count, add) => {
      add(`${'d/'.repeat(count)}f`);
    },
    smallest: 20_000,
    largest: 125_000,
    nodes: (count) => count + 2,
  },
  'links in a chain, and files through each': {
    write: (count, add) => {
      times(count, (at) => {
        add(`s${at}`, symlink(`s${at + 1}`));
      });
      times(count, (at) => {
        add(`s${at}/x`);
      });
    },
    smallest: 5000,
    largest: 25_000,
    // The last link leads to what is not there, which is made; so 40 of the links lead somewhere, all to one file.
    nodes: (count) => count + 3,
  },
  'files through links with long targets': {
    write: (count, add) => {
      add('a/b/x');
      times(count, (at) => {
        add(`l${at}`, symlink('a/b/../../'.repeat(400)));
      });
      times(count, (at) => {
        add(`l${at}/${at}`);
      });
    },
    smallest: 1000,
    largest: 4000,
    nodes: (count) => 2 * count + 4,
  },
  'a directory and a file taking turns': {
    write: (count, add) => {
      times(count, (at) => {
        add('x/', directory);
        add(`x/y${at}`);
        add('x');
      });
    },
    smallest: 5000,
    largest: 100_000,
    nodes: () => 2,
  },
  'names of one file': {
    write: (count, add) => {
      add('target', { size: 5 });
      times(count, (at) => {
        add(`h${at}`, hardLink('target'));
      });
    },
    smallest: 20_000,
    largest: 250_000,
    nodes: (count) => count + 2,
  },
  'links that wait for one another': {
    write: (count, add) => {
      times(count, (at) => {
        add(`h${at}`, hardLink(`h${at + 1}`));
      });
      add(`h${count}`);
    },
    smallest: 20_000,
    largest: 250_000,
    nodes: (count) => count + 2,
  },
  'links to nothing': {
    write: (count, add) => {
      times(count, (at) => {
        add(`h${at}`, hardLink(`nothing/${at}`));
      });
    },
    smallest: 20_000,
    largest: 250_000,
    nodes: (count) => count + 1,
  },
  'whiteouts, and opaque directories': {
    write: (count, add) => {
      times(count, (at) => {
        add(`a/.wh.f${at}`);
      });
      times(count, (at) => {
        add(`a/b${at}/.wh..wh..opq`);
      });
    },
    smallest: 10_000,
    largest: 250_000,
    nodes: (count) => 2 * count + 2,
  },
  'owners and attributes of their own': {
    write: (count, add) => {
      times(count, (at) => {
        add(`f${at}`, { uid: at, gid: at, xattrs: new Map([['user.x', `${at}`]]), mtimeNanoseconds: at });
      });
    },
    smallest: 10_000,
    largest: 250_000,
    nodes: (count) => count + 1,
  },
  'long names that begin alike': {
    write: (count, add) => {
      times(count, (at) => {
        add(`${'x'.repeat(250)}${at}`);
      });
    },
    smallest: 10_000,
    largest: 100_000,
    nodes: (count) => count + 1,
  },
};

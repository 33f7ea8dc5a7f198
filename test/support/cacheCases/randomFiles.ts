import type { CaseEdit, CaseFile } from '../buildCases.ts';
import type { Random } from '../random.ts';

const rules = [
  '*.log',
  '**/*.md',
  'docs',
  '!docs/keep.md',
  'src/*',
  '!src/a.txt',
  '.dockerignore',
  '**/tmp*',
];

/** A small context: `src` and `docs` are always there. */
export function randomFiles(random: Random): readonly CaseFile[] {
  const names = [
    'a.txt',
    'b.txt',
    'c.log',
    'src/a.txt',
    'src/b.log',
    'src/in/c.txt',
    'docs/keep.md',
    'docs/more.md',
  ];
  const files: CaseFile[] = names.map((path) => ({
    path,
    content: `${path} @SALT@ ${'x'.repeat(random.below(4))}\n`,
    mode: random.chance(0.2) ? '755' : '644',
  }));
  if (random.chance(0.4))
    files.push({ path: 'src/link', symlink: random.pick(['a.txt', 'in', '../b.txt', 'nowhere']) });
  if (random.chance(0.3)) files.push({ path: 'src/empty', dir: true });
  if (random.chance(0.2)) files.push({ path: 'src/same.txt', hardlink: 'src/a.txt' });
  if (random.chance(0.4)) files.push({ path: '.dockerignore', content: randomRules(random) });
  return files;
}

function randomRules(random: Random): string {
  const chosen = Array.from({ length: 1 + random.below(3) }, () => random.pick(rules));
  return `${chosen.join('\n')}\n`;
}

/** What a person does to a file. Files that are named alone stay. */
export function randomFileEdit(random: Random, files: readonly CaseFile[]): CaseEdit {
  const written = files.filter(({ content, path }) => content !== undefined && path !== '.dockerignore');
  const { path, content = '' } = random.pick(written);
  const other = random.pick(['docs/new.md', 'src/new.txt', 'src/in/tmp1', 'new.txt']);
  const edits: readonly CaseEdit[] = [
    { op: 'write', path, content: `edited ${content}` },
    { op: 'write', path, content: `edited ${content}` },
    { op: 'write', path, content: content.toUpperCase(), keep_mtime: true },
    { op: 'append', path, content: 'more\n' },
    { op: 'touch', path },
    { op: 'chmod', path, mode: random.pick(['755', '644', '600']) },
    { op: 'write', path: other, content: `${other} @SALT@\n` },
    { op: 'mkdir', path: 'src/fresh' },
    { op: 'delete', path: random.pick(['src/in/c.txt', 'docs/more.md']) },
    { op: 'rename', path: 'docs/more.md', to: 'docs/other.md' },
    { op: 'write', path: '.dockerignore', content: randomRules(random) },
    { op: 'write', path: 'src/link', symlink: 'b.log' },
  ];
  return random.pick(edits);
}

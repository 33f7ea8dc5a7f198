import assert from 'node:assert/strict';
import type * as vscode from 'vscode';
import { ChangeDecorations } from '../../../src/editor/files/changeDecorations.ts';
import { isReadable } from '../../../src/editor/openedImages.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { lessonImage } from '../support/lesson.ts';
import { fileUri } from '../support/opened.ts';
import { type RealContext, realContext } from '../support/realContext.ts';

describe('marks of files', () => {
  let context: RealContext;
  let marks: ChangeDecorations;
  let id: string;
  before(async () => {
    context = realContext();
    marks = new ChangeDecorations(context);
    const file = writeDockerArchive(lessonImage(), tempDir().file('lesson.tar'));
    const [opened] = await context.images.open(file);
    assert.ok(opened !== undefined && isReadable(opened));
    id = opened.image.id;
  });
  after(() => context.dispose());

  async function markOf(path: string, layer?: number): Promise<vscode.FileDecoration | undefined> {
    return marks.provideFileDecoration(fileUri(id, path, layer));
  }

  it('says what a layer does, in a letter and in words', async () => {
    const page = '/usr/share/nginx/html/index.html';
    assert.equal((await markOf(page, 0))?.badge, 'A');
    assert.equal((await markOf(page, 1))?.badge, 'M');
    assert.equal((await markOf('/etc/motd', 1))?.badge, 'D');
    assert.match((await markOf('/etc/motd', 1))?.tooltip ?? '', /Removed/);
  });

  it('leaves folders alone that are only on the way', async () => {
    assert.equal(await markOf('/usr/share', 1), undefined);
    assert.equal(await markOf('/', 1), undefined);
  });

  it('says in the union from which layer a file comes', async () => {
    const mark = await markOf('/usr/share/nginx/html/index.html');
    assert.equal(mark?.badge, '1');
    assert.match(mark.tooltip ?? '', /layer 1: COPY index\.html/);
    assert.equal((await markOf('/etc/hostname'))?.badge, '0');
  });

  it('is silent about what is not there', async () => {
    assert.equal(await markOf('/absent'), undefined);
    assert.equal(await marks.provideFileDecoration(fileUri('f'.repeat(32), '/etc')), undefined);
  });
});

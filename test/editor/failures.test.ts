import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { failureText, isCancelled, toFileSystemError } from '../../src/editor/failures.ts';
import { EngineError } from '../../src/engine/index.ts';

const uri = vscode.Uri.parse('lamina://0/etc/motd');

describe('failures', () => {
  it('says what, why and what next', () => {
    const text = failureText(new EngineError('truncated', 'layer 3', 'it ends after 512 bytes'));
    assert.match(text, /^layer 3 ends too early\. Reason: it ends after 512 bytes\. .*Verify/);
  });

  it('shows hostile subjects as escapes, and short', () => {
    const text = failureText(new EngineError('damaged', `\u202e\n${'x'.repeat(10_000)}`, 'bad\x1b'));
    assert.ok(text.length < 800);
    assert.match(text, /^\\u202e\\nx/);
    assert.match(text, /bad\\x1b/);
  });

  it('gives the file service its own errors', () => {
    const code = (error: unknown): string => toFileSystemError(error, uri).code;
    assert.equal(code(new EngineError('not-found', 'x', 'y')), 'FileNotFound');
    assert.equal(code(new EngineError('not-a-directory', 'x', 'y')), 'FileNotADirectory');
    assert.equal(code(new EngineError('not-a-file', 'x', 'y')), 'FileIsADirectory');
    assert.equal(code(new EngineError('read-only', 'x', 'y')), 'NoPermissions');
    // Only what is absent is not found: damage is not an empty answer.
    assert.equal(code(new EngineError('damaged', 'x', 'y')), 'Unavailable');
    assert.equal(code(new Error('anything')), 'Unavailable');
  });

  it('knows what was cancelled', () => {
    assert.ok(isCancelled(new EngineError('cancelled', 'x', 'y')));
    assert.ok(isCancelled(new vscode.CancellationError()));
    assert.ok(!isCancelled(new EngineError('io', 'x', 'y')));
  });
});

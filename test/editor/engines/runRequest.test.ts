import assert from 'node:assert/strict';
import {
  containerSpec,
  parseEnvironment,
  parsePorts,
  quoteWord,
  runArguments,
  splitWords,
} from '../../../src/editor/engines/runRequest.ts';

describe('what is asked for to run an image', () => {
  it('takes words apart as a shell would', () => {
    for (const [text, words] of [
      ['', []],
      ['  a  b ', ['a', 'b']],
      [`sh -c 'echo "$HOME"'`, ['sh', '-c', 'echo "$HOME"']],
      [`a"b c"d ''`, ['ab cd', '']],
      ['a\\ b "x\\"y\\z" \\', ['a b', 'x"y\\z', '\\']],
      [`'unclosed one`, ['unclosed one']],
    ] as const)
      assert.deepEqual(splitWords(text), words, text);
  });

  it('shows words so that a shell would take them apart the same way', () => {
    for (const word of ['plain', 'a b', "it's", '$HOME', '', 'a;b', 'line\nbreak'])
      assert.deepEqual(splitWords(quoteWord(word)), [word]);
  });

  it('parses ports, and refuses what is none', () => {
    assert.deepEqual(parsePorts('8080:80, 53:53/udp 9000'), [
      { hostPort: '8080', containerPort: '80', protocol: 'tcp' },
      { hostPort: '53', containerPort: '53', protocol: 'udp' },
      { hostPort: '9000', containerPort: '9000', protocol: 'tcp' },
    ]);
    assert.deepEqual(parsePorts(' '), []);
    for (const text of ['a', '80:', ':80', '70000', '1:2:3', '80/http'])
      assert.equal(parsePorts(text), undefined, text);
  });

  it('parses the environment, and refuses what has no name', () => {
    assert.deepEqual(parseEnvironment('A=1 "B=two words" C='), ['A=1', 'B=two words', 'C=']);
    for (const text of ['A', '=1']) assert.equal(parseEnvironment(text), undefined, text);
  });

  it('asks the engine for exactly what it shows', () => {
    const request = {
      image: 'nginx:1.27',
      name: 'web',
      command: ['nginx', '-g', 'daemon off;'],
      ports: parsePorts('8080:80 8081:80 53:53/udp') ?? [],
      env: ['A=b c'],
    };
    assert.equal(
      runArguments(request).map(quoteWord).join(' '),
      "docker run --detach --name web --publish 8080:80 --publish 8081:80 --publish 53:53/udp --env 'A=b c' nginx:1.27 nginx -g 'daemon off;'",
    );
    assert.deepEqual(containerSpec(request), {
      Image: 'nginx:1.27',
      Cmd: ['nginx', '-g', 'daemon off;'],
      Env: ['A=b c'],
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      HostConfig: {
        PortBindings: {
          '80/tcp': [{ HostPort: '8080' }, { HostPort: '8081' }],
          '53/udp': [{ HostPort: '53' }],
        },
      },
    });
  });

  it('leaves to the image what was left empty', () => {
    const request = { image: 'a', name: '', command: [], ports: [], env: [] };
    assert.deepEqual(containerSpec(request), { Image: 'a' });
    assert.deepEqual(runArguments(request), ['docker', 'run', '--detach', 'a']);
  });
});

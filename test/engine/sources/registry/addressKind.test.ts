import assert from 'node:assert/strict';
import { addressKind } from '../../../../src/engine/sources/registry/addressKind.ts';

describe('the kind of an address', () => {
  const kinds = {
    loopback: [
      '127.0.0.1',
      '127.255.255.254',
      '::1',
      '0:0:0:0:0:0:0:1',
      '::ffff:127.0.0.1',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
    ],
    private: [
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      'fd12::1',
      'fc00::',
      '::ffff:10.0.0.1',
    ],
    special: [
      '0.0.0.0',
      '169.254.169.254',
      '169.254.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      'fe80::1',
      'fe80::1%eth0',
      'ff02::1',
      'fd00:ec2::254',
      '100.100.100.200',
      '168.63.129.16',
      '::ffff:169.254.169.254',
      '64:ff9b::a9fe:a9fe',
      'no address',
      '',
    ],
    public: ['1.1.1.1', '172.32.0.1', '11.0.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:1.1.1.1'],
  } as const;
  for (const [kind, addresses] of Object.entries(kinds))
    it(`knows ${kind} ones`, () => {
      for (const address of addresses) assert.equal(addressKind(address), kind, address);
    });
});

/** What the core declares of its layers, and what TypeScript says of them by hand. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/base/package';
import * as functions from '../../src/layers/layer-functions';
import { layerTypeOf, layerTypes } from '../../src/layers/schema';
import { ACTIVATIONS, CELLS, MAX_LAYERS } from '../../src/native/layer-choices';
import { addon } from '../../src/native/load';

const SCHEMA = addon().layerSchema();

/** An interface of `native.ts` (or an alias) with what it extends is in this text. */
const NATIVE = fs.readFileSync(path.join(packageRoot, 'src', 'native', 'native.ts'), 'utf8');

describe('layer schema', () => {
  it('has what is known of layers before the native module is loaded', () => {
    assert.deepEqual(
      SCHEMA.flatMap(({ type, gates }) => (gates === undefined ? [] : [type])),
      CELLS,
    );
    for (const { options } of SCHEMA) {
      for (const option of options) {
        if (option.name === 'layers') assert.ok(option.kind === 'integer' && option.max === MAX_LAYERS);
        if (/activation$/i.test(option.name)) {
          assert.ok(option.kind === 'choice');
          assert.deepEqual(option.choices, ACTIVATIONS);
        }
      }
    }
  });

  it('declares every option that the types and their comments declare, needed or not', () => {
    for (const { type, options } of SCHEMA) {
      assert.ok(NATIVE.includes(`'${type}'`) || (CELLS as readonly string[]).includes(type), type);
      for (const { name, needed } of options) {
        assert.match(NATIVE, new RegExp(`^ {2}${name}\\?:|^ {2}${name}:`, 'm'), `${type}.${name}`);
        if (needed) assert.match(NATIVE, new RegExp(`^ {2}${name}:`, 'm'), `${type}.${name}`);
      }
    }
  });

  it('has a function for each type', () => {
    for (const { type } of SCHEMA) {
      assert.ok(typeof (functions as Record<string, unknown>)[type] === 'function', type);
    }
  });

  it('says of a needed option no default, and of others one where there is one', () => {
    assert.deepEqual(layerTypeOf({ type: 'pooling' }), {
      type: 'pooling',
      reads: 'sequence',
      options: [{ name: 'pooling', needed: true, kind: 'choice', choices: ['last', 'sum', 'mean', 'max', 'final'] }],
    });
    assert.deepEqual(layerTypeOf({ type: 'attention' }), {
      type: 'attention',
      reads: 'pair',
      options: [{ name: 'score', needed: false, kind: 'choice', choices: ['general', 'dot'], default: 'general' }],
    });
    const options = new Map(layerTypeOf({ type: 'dense' }).options.map((option) => [option.name, option]));
    assert.deepEqual(options.get('features'), {
      name: 'features',
      needed: true,
      kind: 'integer',
      min: 1,
      max: 2 ** 31 - 1,
    });
    assert.deepEqual(options.get('samples'), {
      name: 'samples',
      needed: false,
      kind: 'integer',
      min: 1,
      max: 2 ** 31 - 1,
    });
    assert.deepEqual(options.get('bias'), { name: 'bias', needed: false, kind: 'flag', default: true });
    assert.deepEqual(options.get('tiedTo'), { name: 'tiedTo', needed: false, kind: 'layer' });
    const dropout = layerTypeOf({ type: 'gru' }).options.find(({ name }) => name === 'dropout');
    assert.deepEqual(dropout, { name: 'dropout', needed: false, kind: 'number', min: 0, below: 1, default: 0 });
    assert.deepEqual([...layerTypes().values()].map(({ type, gates }) => [type, gates]).slice(2, 5), [
      ['rnn', 1],
      ['gru', 3],
      ['lstm', 4],
    ]);
  });
});

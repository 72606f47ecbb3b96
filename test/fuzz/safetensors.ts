/** Safetensors files with a changed header, changed bytes, or both: read as they are, or refused with a code. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { decodeSafetensors, encodeSafetensors, readSafetensors } from '../../src/safetensors';
import { safetensorsFile } from '../support/safetensors-file';
import { byteChange, changedBytes, changedJson, jsonChange } from './mutations';
import { fuzz, outcome, temporaryFolder } from './support';

const TYPES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, U8: 1, BOOL: 1, F8_E4M3: 1 } as const;

/** A sound file: its tensors one after another. */
const file = fc
  .record({
    tensors: fc.uniqueArray(
      fc.record({
        name: fc.oneof(fc.constantFrom('w', 'a.b', '__proto__', '0', 'constructor'), fc.string({ maxLength: 5 })),
        dtype: fc.constantFrom(...(Object.keys(TYPES) as (keyof typeof TYPES)[])),
        shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      }),
      { maxLength: 4, selector: ({ name }) => name },
    ),
    metadata: fc.option(fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 3 })),
  })
  .map(({ tensors, metadata }) => {
    let end = 0;
    const header: Record<string, unknown> = {};
    const put = (key: string, value: unknown) =>
      Object.defineProperty(header, key, { value, enumerable: true, configurable: true, writable: true });
    if (metadata !== null) put('__metadata__', metadata);
    for (const { name, dtype, shape } of tensors) {
      if (name === '__metadata__') continue;
      const begin = end;
      end += shape.reduce((product, size) => product * size, TYPES[dtype]);
      put(name, { dtype, shape, data_offsets: [begin, end] });
    }
    return { header, length: end };
  });

const path = join(temporaryFolder(), 'model');

const cases = fc.record({
  file,
  header: fc.array(jsonChange, { maxLength: 3 }),
  bytes: fc.array(byteChange, { maxLength: 3 }),
});

fuzz('safetensors', cases, async ({ file: { header, length }, header: changes, bytes: byteChanges }) => {
  const data = Uint8Array.from({ length }, (_, index) => (index * 37) % 256);
  // JSON has no undefined; a header that is none of its values is its text.
  const json = JSON.stringify(changedJson(header, changes)) ?? 'undefined';
  const bytes = changedBytes(safetensorsFile(json, data), byteChanges);

  const inMemory = await outcome(() => decodeSafetensors(bytes));
  writeFileSync(path, bytes);
  const onDisk = await outcome(() => readSafetensors(path));
  // The same either way, and a refusal is of the format.
  assert.deepEqual(onDisk, inMemory);
  if ('code' in inMemory) {
    assert.equal(inMemory.code, 'ERR_UNROLLED_MODEL_FORMAT');
    return;
  }
  // Nothing is refused that was not changed, and what was read is written and read again.
  const { tensors, metadata } = inMemory.value;
  const again = await outcome(() => decodeSafetensors(encodeSafetensors(tensors, metadata)));
  assert.ok('value' in again);
  assert.deepEqual(new Map([...again.value.tensors].sort()), new Map([...tensors].sort()));
  assert.deepEqual(new Map([...again.value.metadata].sort()), new Map([...metadata].sort()));
});

/** What the built addon asks of Node.js: functions of Node-API alone, and none that Electron does not allow. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { BUILT } from '../support/installed-package';

/** Electron's memory cage refuses memory that JavaScript's heap does not own. */
const REFUSED = [
  'napi_create_external_arraybuffer',
  'napi_create_external_buffer',
  'node_api_create_buffer_from_arraybuffer',
];

describe('the addon', () => {
  const text = readFileSync(BUILT, 'latin1');
  const imports = new Set([...text.matchAll(/((?:napi|node_api)_\w+)(?=\0)/g)].map(([, name = '']) => name));

  it('copies arrays, and makes none of memory of its own', () => {
    assert.ok(imports.has('napi_create_arraybuffer'), 'the search finds no imports');
    for (const name of REFUSED) assert.ok(!imports.has(name), name);
  });

  it('uses Node-API alone, so that one file serves every release of Node.js and Electron', function () {
    if (process.platform !== 'linux') this.skip();
    // Mangled names of C++: V8's and Node's own classes begin so.
    assert.doesNotMatch(text, /\0_ZN?K?(?:2v8|4node)\w*\0/);
    assert.doesNotMatch(text, /\0(?:uv_\w+)\0/);
  });
});

/** The folder of the page in `examples/browser`: its own files, `unrolled/text`, and onnxruntime-web. */

import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');
const RUNTIME = path.join(ROOT, 'scripts', 'onnx-runtimes', 'node_modules', 'onnxruntime-web', 'dist');

const OF_PAGE = ['index.html', 'style.css', 'page.mjs'];
const OF_RUNTIME = ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm'];

/** Whether `npm run onnx-runtimes` has brought onnxruntime-web. */
export function hasRuntime(): boolean {
  return OF_RUNTIME.every((name) => existsSync(path.join(RUNTIME, name)));
}

/** Puts all files but the models into a folder. */
export function makePage(folder: string): void {
  mkdirSync(path.join(folder, 'ort'), { recursive: true });
  for (const name of OF_PAGE) copyFileSync(path.join(ROOT, 'examples', 'browser', name), path.join(folder, name));
  for (const name of OF_RUNTIME) copyFileSync(path.join(RUNTIME, name), path.join(folder, 'ort', name));
  copyFileSync(path.join(ROOT, 'lib', 'text.mjs'), path.join(folder, 'text.mjs'));
}

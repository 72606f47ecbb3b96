/**
 * `npm run onnx-runtimes`: installs what tests need to run exported models and to read logs; neither a user nor the build
 * needs it. Python's `onnx`, `onnxruntime`, Keras and TensorBoard go into an environment under build/, JavaScript's runtimes
 * into `scripts/onnx-runtimes`, without their install scripts. Together they take about 1 GB of disk.
 */
import path from 'node:path';
import { pythonEnvironment } from './prebuild/zig.mjs';
import { npmCi, npmPackagesMissing } from './setup.mjs';
import { asProgram, root } from './support.mjs';

const PACKAGES = [
  'onnx==1.23.2',
  'onnxruntime==1.32.0',
  'keras==3.15.1',
  'jax==0.10.2',
  'safetensors==0.8.0',
  'tensorboard==2.21.0',
];

export async function installRuntimes() {
  pythonEnvironment('onnx', PACKAGES);
  const folder = path.join(root, 'scripts', 'onnx-runtimes');
  if (npmPackagesMissing(folder)) await npmCi(folder);
}

await asProgram(import.meta.url, installRuntimes);

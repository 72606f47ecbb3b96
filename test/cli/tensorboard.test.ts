/** `--tensorboard` of `unrolled train` and `unrolled classify train`. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { curve, eventsOf } from '../logging/read-events';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';

const TEXT = 'the quick brown fox jumps over the lazy dog.\n'.repeat(40);
const SMALL = ['--hidden', '16', '--embedding', '8', '--batch', '4', '--window', '8', '--epochs', '2'];

describe('--tensorboard', function () {
  this.timeout(60_000);
  const at = useFolder();

  beforeEach(() => writeFileSync(at('text.txt'), TEXT));

  it('logs a training, with a sample of each epoch', async () => {
    const args = ['train', at('text.txt'), ...SMALL, '--validation', '0.1', '--json'];
    const { status, stdout, stderr } = await runCli(...args, '--tensorboard', at('logs'));
    assert.equal(status, 0, stderr);
    const epochs = stdout.split('\n').flatMap((line) => (line.includes('"event":"epoch"') ? [JSON.parse(line)] : []));
    assert.deepEqual(
      curve(at('logs'), 'loss/validation'),
      epochs.map(({ step, validationLoss }) => [step + 1, Math.fround(validationLoss)]),
    );
    assert.deepEqual(
      curve(at('logs'), 'loss/step').map(([step]) => step),
      [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    );
    const tags = eventsOf(at('logs')).flatMap((events) => events.flatMap(({ values }) => values.map(([tag]) => tag)));
    assert.equal(tags.filter((tag) => tag === 'sample').length, 2);
  });

  it('continues the curves of a training that is resumed', async () => {
    const files = ['--checkpoint', at('run'), '--tensorboard', at('resumed')];
    const first = await runCli('train', at('text.txt'), ...SMALL, ...files);
    assert.equal(first.status, 0, first.stderr);
    const resumed = await runCli('train', at('text.txt'), '--resume', at('run'), '--epochs', '3', ...files.slice(2));
    assert.equal(resumed.status, 0, resumed.stderr);
    const steps = curve(at('resumed'), 'loss/epoch').map(([step]) => step);
    assert.equal(steps.length, 3);
    assert.deepEqual([...new Set(steps)], steps);
  });

  it('logs a classifier', async () => {
    for (const name of ['good', 'bad']) {
      mkdirSync(at('reviews', name), { recursive: true });
      for (let file = 0; file < 10; file++) writeFileSync(at('reviews', name, `${file}.txt`), `${name} film ${file}`);
    }
    const args = ['classify', 'train', at('reviews'), '--hidden', '4', '--embedding', '4', '--epochs', '2'];
    const { status, stderr } = await runCli(...args, '--tensorboard', at('classes'));
    assert.equal(status, 0, stderr);
    assert.equal(curve(at('classes'), 'accuracy/validation').length, 2);
  });

  it('refuses a folder that cannot be written, and an empty name', async () => {
    const args = ['train', at('text.txt'), ...SMALL];
    const occupied = await runCli(...args, '--tensorboard', at('text.txt'), '--out', at('never'));
    assert.equal(occupied.status, 1);
    assert.match(occupied.stderr, /text\.txt cannot be written/);
    assert.ok(!existsSync(at('never')));
    const empty = await runCli(...args, '--tensorboard', '');
    assert.equal(empty.status, 2);
    assert.match(empty.stderr, /--tensorboard/);
  });
});

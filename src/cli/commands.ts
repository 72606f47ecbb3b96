/** The commands of the program: what their list shows of each, and the command itself, which is made when it is called. */

import { Argument, Command, Option } from 'commander';
import { classifyCommand } from './classify';
import { exportCommand } from './export';
import { evaluateCommand } from './language-model/evaluate';
import { nextCommand } from './language-model/next';
import { sampleCommand } from './language-model/sample';
import { scoreCommand } from './language-model/score';
import { trainCommand } from './language-model/train';
import { benchCommand } from './machine/bench';
import { buildCommand } from './machine/build';
import { BUILD_NEEDS } from './machine/build-needs';
import { doctorCommand } from './machine/doctor';

interface Entry {
  name: string;
  /** As `--help` shows it behind the name. */
  usage: string;
  description: string;
  make: () => Command;
}

const ENTRIES: readonly Entry[] = [
  {
    name: 'train',
    usage: '[options] <corpus>',
    description: 'train a language model on a text file or a named data set',
    make: () => trainCommand(),
  },
  {
    name: 'sample',
    usage: '[options] <model> [text]',
    description: 'print a prompt and the text that a model goes on with',
    make: () => sampleCommand(),
  },
  {
    name: 'evaluate',
    usage: '[options] <model> <corpus>',
    description: "print a model's loss, bits per token and perplexity on a text",
    make: () => evaluateCommand(),
  },
  {
    name: 'score',
    usage: '[options] <model> [text]',
    description: "print a text's log-probability (nats), how many tokens it is the sum of, and their perplexity",
    make: () => scoreCommand(),
  },
  {
    name: 'next',
    usage: '[options] <model> [text]',
    description: 'print the likeliest next tokens with their probabilities and log-probabilities (nats)',
    make: () => nextCommand(),
  },
  {
    name: 'classify',
    usage: '',
    description: 'learn the classes of texts from a folder, and tell them',
    make: () => classifyCommand(),
  },
  {
    name: 'export',
    usage: '[options] <model>',
    description: 'write a model as an ONNX file, for onnxruntime in Python, in Node.js or in a browser',
    make: () => exportCommand(),
  },
  {
    name: 'bench',
    usage: '[options]',
    description:
      'time training steps on random tokens, beside the limit of the machine; with an adaptive or sampled output, on ' +
      'tokens as frequent as words are',
    make: () => benchCommand(),
  },
  {
    name: 'doctor',
    usage: '[options]',
    description: 'say which binary runs on what, and what is wrong (exit status 1 if anything is)',
    make: () => doctorCommand(),
  },
  {
    name: 'build',
    usage: '[options]',
    description: `compile the native module, where no prebuilt binary fits. ${BUILD_NEEDS}`,
    make: () => buildCommand(),
  },
];

/** A command as the list shows it, whose module is not loaded. */
function listed({ name, usage }: Entry): Command {
  const command = new Command(name);
  for (const part of usage.split(' ').filter((each) => each !== '')) {
    if (part === '[options]') command.addOption(new Option('--options'));
    else command.addArgument(new Argument(part));
  }
  return command;
}

/**
 * The commands of the program, in the order of their list.
 * @param isCalled says of a name whether the command itself is needed; of any other there is what the list shows.
 */
export function commands(isCalled: (name: string) => boolean = () => true): Command[] {
  return ENTRIES.map((entry) => {
    const command = isCalled(entry.name) ? entry.make() : listed(entry);
    return command.description(entry.description);
  });
}

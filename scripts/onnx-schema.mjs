/**
 * `npm run onnx-schema [-- FILE]`: writes `src/onnx/messages.ts`, the messages of ONNX files, from ONNX's own schema.
 *
 * The schema is `onnx.proto` of Python's `onnx` package, which UNROLLED_PYTHON finds where no file is given. pbf, the
 * library that writes protocol buffers, compiles it; this adds the types. Only the messages that a model of
 * this package is made of are kept, and they are only written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compileRaw } from 'pbf/compile';
import protocolBuffers from 'protocol-buffers-schema';
import { asProgram, Failure, quietly, root, run, tool } from './support.mjs';

const TARGET = path.join(root, 'src', 'onnx', 'messages.ts');

const HEADER = (
  version,
) => `// Made by scripts/onnx-schema.mjs from ONNX ${version}'s onnx.proto (Apache-2.0, ONNX Project Contributors): not edited.

import type { PbfWriter } from 'pbf';

`;

/** The schema's text and ONNX's version. */
function findSchema([file]) {
  const python = process.env.UNROLLED_PYTHON || 'python3';
  const program =
    'import onnx, os; print(onnx.__version__, os.path.join(os.path.dirname(onnx.__file__), "onnx.proto"))';
  const { ok, output } = quietly(python, ['-c', program]);
  if (!ok)
    throw new Failure(`${python} has no module onnx: pip install onnx, and name that Python by UNROLLED_PYTHON.`);
  const [version, found] = output.trim().split(' ');
  return { version, text: readFileSync(file ?? found, 'utf8') };
}

/** What a model of this package is made of; fields of other messages are left out. */
const WANTED = {
  ModelProto: [],
  OperatorSetIdProto: [],
  StringStringEntryProto: [],
  GraphProto: [],
  NodeProto: [],
  AttributeProto: [],
  ValueInfoProto: [],
  TypeProto: ['Tensor'],
  TensorShapeProto: ['Dimension'],
  TensorProto: [],
};

/** Fields whose numbers the package needs itself, as it writes weights without a message that holds them all. */
const NUMBERED = { ModelProto: ['graph'], GraphProto: ['initializer'], TensorProto: ['raw_data'] };

/** Enumerations that have names there. */
const ENUMS = ['AttributeType', 'DataType', 'DataLocation'];

/** The schema without what is not wanted. */
function pruned({ messages, ...schema }) {
  const known = [...SCALARS, ...ENUMS, ...Object.keys(WANTED), ...Object.values(WANTED).flat()];
  const clean = (message, inner) => ({
    ...message,
    fields: message.fields.filter(({ type }) => known.includes(type)),
    enums: message.enums.filter(({ name }) => ENUMS.includes(name)),
    messages: message.messages.filter(({ name }) => inner.includes(name)).map((one) => clean(one, [])),
  });
  const wanted = messages.filter(({ name }) => Object.hasOwn(WANTED, name));
  return { ...schema, enums: [], messages: wanted.map((message) => clean(message, WANTED[message.name])) };
}

const NUMBERS = ['int32', 'int64', 'uint64', 'float', 'double'];
const SCALARS = [...NUMBERS, 'string', 'bytes'];

/** All messages and enumerations under the names that pbf gives them: those of an inner one begin with the outer's. */
function namesOf({ messages = [], enums = [] }, prefix = '') {
  return messages
    .flatMap((message) => [
      { name: prefix + message.name, message, prefix },
      ...namesOf(message, prefix + message.name),
    ])
    .concat(enums.map(({ name }) => ({ name: prefix + name, isEnum: true })));
}

/** The interface of a message. */
function interfaceOf({ name, message }, all) {
  const typeOf = (type) => {
    if (NUMBERS.includes(type)) return 'number';
    if (type === 'string') return 'string';
    if (type === 'bytes') return 'Uint8Array';
    const found = all.find((one) => one.name === name + type) ?? all.find((one) => one.name === type.replace('.', ''));
    if (found === undefined) throw new Failure(`the schema has no type ${type}, which ${name} names.`);
    return found.isEnum ? 'number' : found.name;
  };
  const members = message.fields.map((field) => {
    const type = typeOf(field.type);
    return `  ${field.name}?: ${field.repeated ? `${type}[]` : type};\n`;
  });
  return `export interface ${name} {\n${members.join('')}}\n`;
}

/** The numbers of the fields of `NUMBERED`. */
function fieldNumbers({ messages }) {
  const numbers = Object.entries(NUMBERED).map(([name, fields]) => {
    const message = messages.find((one) => one.name === name);
    const members = fields.map((field) => `${field}: ${message.fields.find((one) => one.name === field).tag}`);
    return `  ${name}: { ${members.join(', ')} },\n`;
  });
  return `\nexport const FIELD_NUMBERS = {\n${numbers.join('')}} as const;\n`;
}

/** `messages.ts` as text. */
export function messagesOf({ version, text }) {
  // The parser does not know an empty statement after a block.
  const schema = pruned(protocolBuffers.parse(text.replace(/^(\s*)\};/gm, '$1}')));
  const all = namesOf(schema);
  const code = compileRaw(schema, { noRead: true })
    .replace(/^\/\/.*\n/, '')
    .replace(/^export function write(\w+)\(obj, pbf\)/gm, 'export function write$1(obj: $1, pbf: PbfWriter): void')
    .replace(/^\};$/gm, '} as const;');
  const interfaces = all.filter(({ isEnum }) => !isEnum).map((one) => interfaceOf(one, all));
  return `${HEADER(version)}${interfaces.join('\n')}${code}${fieldNumbers(schema)}`;
}

async function writeMessages(args) {
  writeFileSync(TARGET, messagesOf(findSchema(args)));
  const biome = tool('@biomejs', 'biome', 'bin', 'biome');
  await run('Biome', process.execPath, [biome, 'format', '--write', TARGET], { filter: () => false });
}

await asProgram(import.meta.url, writeMessages);

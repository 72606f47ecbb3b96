// Made by scripts/onnx-schema.mjs from ONNX 1.23.2's onnx.proto (Apache-2.0, ONNX Project Contributors): not edited.

import type { PbfWriter } from 'pbf';

export interface AttributeProto {
  name?: string;
  ref_attr_name?: string;
  doc_string?: string;
  type?: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  tp?: TypeProto;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
  tensors?: TensorProto[];
  graphs?: GraphProto[];
  type_protos?: TypeProto[];
}

export interface ValueInfoProto {
  name?: string;
  type?: TypeProto;
  doc_string?: string;
  metadata_props?: StringStringEntryProto[];
}

export interface NodeProto {
  input?: string[];
  output?: string[];
  name?: string;
  op_type?: string;
  domain?: string;
  overload?: string;
  attribute?: AttributeProto[];
  doc_string?: string;
  metadata_props?: StringStringEntryProto[];
}

export interface ModelProto {
  ir_version?: number;
  opset_import?: OperatorSetIdProto[];
  producer_name?: string;
  producer_version?: string;
  domain?: string;
  model_version?: number;
  doc_string?: string;
  graph?: GraphProto;
  metadata_props?: StringStringEntryProto[];
}

export interface StringStringEntryProto {
  key?: string;
  value?: string;
}

export interface GraphProto {
  node?: NodeProto[];
  name?: string;
  initializer?: TensorProto[];
  doc_string?: string;
  input?: ValueInfoProto[];
  output?: ValueInfoProto[];
  value_info?: ValueInfoProto[];
  metadata_props?: StringStringEntryProto[];
}

export interface TensorProto {
  dims?: number[];
  data_type?: number;
  float_data?: number[];
  int32_data?: number[];
  string_data?: Uint8Array[];
  int64_data?: number[];
  name?: string;
  doc_string?: string;
  raw_data?: Uint8Array;
  external_data?: StringStringEntryProto[];
  data_location?: number;
  double_data?: number[];
  uint64_data?: number[];
  metadata_props?: StringStringEntryProto[];
}

export interface TensorShapeProto {
  dim?: TensorShapeProtoDimension[];
}

export interface TensorShapeProtoDimension {
  dim_value?: number;
  dim_param?: string;
  denotation?: string;
}

export interface TypeProto {
  tensor_type?: TypeProtoTensor;
  denotation?: string;
}

export interface TypeProtoTensor {
  elem_type?: number;
  shape?: TensorShapeProto;
}

export interface OperatorSetIdProto {
  domain?: string;
  version?: number;
}

export function writeAttributeProto(obj: AttributeProto, pbf: PbfWriter): void {
  if (obj.name) pbf.writeStringField(1, obj.name);
  if (obj.ref_attr_name) pbf.writeStringField(21, obj.ref_attr_name);
  if (obj.doc_string) pbf.writeStringField(13, obj.doc_string);
  if (obj.type) pbf.writeVarintField(20, obj.type);
  if (obj.f) pbf.writeFloatField(2, obj.f);
  if (obj.i) pbf.writeVarintField(3, obj.i);
  if (obj.s != null) pbf.writeBytesField(4, obj.s);
  if (obj.t) pbf.writeMessage(5, writeTensorProto, obj.t);
  if (obj.g) pbf.writeMessage(6, writeGraphProto, obj.g);
  if (obj.tp) pbf.writeMessage(14, writeTypeProto, obj.tp);
  if (obj.floats) for (const item of obj.floats) pbf.writeFloatField(7, item);
  if (obj.ints) for (const item of obj.ints) pbf.writeVarintField(8, item);
  if (obj.strings) for (const item of obj.strings) pbf.writeBytesField(9, item);
  if (obj.tensors) for (const item of obj.tensors) pbf.writeMessage(10, writeTensorProto, item);
  if (obj.graphs) for (const item of obj.graphs) pbf.writeMessage(11, writeGraphProto, item);
  if (obj.type_protos) for (const item of obj.type_protos) pbf.writeMessage(15, writeTypeProto, item);
}

export const AttributeProtoAttributeType = {
  UNDEFINED: 0,
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  SPARSE_TENSOR: 11,
  TYPE_PROTO: 13,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSORS: 12,
  TYPE_PROTOS: 14,
} as const;

export function writeValueInfoProto(obj: ValueInfoProto, pbf: PbfWriter): void {
  if (obj.name) pbf.writeStringField(1, obj.name);
  if (obj.type) pbf.writeMessage(2, writeTypeProto, obj.type);
  if (obj.doc_string) pbf.writeStringField(3, obj.doc_string);
  if (obj.metadata_props) for (const item of obj.metadata_props) pbf.writeMessage(4, writeStringStringEntryProto, item);
}

export function writeNodeProto(obj: NodeProto, pbf: PbfWriter): void {
  if (obj.input) for (const item of obj.input) pbf.writeStringField(1, item);
  if (obj.output) for (const item of obj.output) pbf.writeStringField(2, item);
  if (obj.name) pbf.writeStringField(3, obj.name);
  if (obj.op_type) pbf.writeStringField(4, obj.op_type);
  if (obj.domain) pbf.writeStringField(7, obj.domain);
  if (obj.overload) pbf.writeStringField(8, obj.overload);
  if (obj.attribute) for (const item of obj.attribute) pbf.writeMessage(5, writeAttributeProto, item);
  if (obj.doc_string) pbf.writeStringField(6, obj.doc_string);
  if (obj.metadata_props) for (const item of obj.metadata_props) pbf.writeMessage(9, writeStringStringEntryProto, item);
}

export function writeModelProto(obj: ModelProto, pbf: PbfWriter): void {
  if (obj.ir_version) pbf.writeVarintField(1, obj.ir_version);
  if (obj.opset_import) for (const item of obj.opset_import) pbf.writeMessage(8, writeOperatorSetIdProto, item);
  if (obj.producer_name) pbf.writeStringField(2, obj.producer_name);
  if (obj.producer_version) pbf.writeStringField(3, obj.producer_version);
  if (obj.domain) pbf.writeStringField(4, obj.domain);
  if (obj.model_version) pbf.writeVarintField(5, obj.model_version);
  if (obj.doc_string) pbf.writeStringField(6, obj.doc_string);
  if (obj.graph) pbf.writeMessage(7, writeGraphProto, obj.graph);
  if (obj.metadata_props)
    for (const item of obj.metadata_props) pbf.writeMessage(14, writeStringStringEntryProto, item);
}

export function writeStringStringEntryProto(obj: StringStringEntryProto, pbf: PbfWriter): void {
  if (obj.key) pbf.writeStringField(1, obj.key);
  if (obj.value) pbf.writeStringField(2, obj.value);
}

export function writeGraphProto(obj: GraphProto, pbf: PbfWriter): void {
  if (obj.node) for (const item of obj.node) pbf.writeMessage(1, writeNodeProto, item);
  if (obj.name) pbf.writeStringField(2, obj.name);
  if (obj.initializer) for (const item of obj.initializer) pbf.writeMessage(5, writeTensorProto, item);
  if (obj.doc_string) pbf.writeStringField(10, obj.doc_string);
  if (obj.input) for (const item of obj.input) pbf.writeMessage(11, writeValueInfoProto, item);
  if (obj.output) for (const item of obj.output) pbf.writeMessage(12, writeValueInfoProto, item);
  if (obj.value_info) for (const item of obj.value_info) pbf.writeMessage(13, writeValueInfoProto, item);
  if (obj.metadata_props)
    for (const item of obj.metadata_props) pbf.writeMessage(16, writeStringStringEntryProto, item);
}

export function writeTensorProto(obj: TensorProto, pbf: PbfWriter): void {
  if (obj.dims) for (const item of obj.dims) pbf.writeVarintField(1, item);
  if (obj.data_type) pbf.writeVarintField(2, obj.data_type);
  if (obj.float_data) pbf.writePackedFloat(4, obj.float_data);
  if (obj.int32_data) pbf.writePackedVarint(5, obj.int32_data);
  if (obj.string_data) for (const item of obj.string_data) pbf.writeBytesField(6, item);
  if (obj.int64_data) pbf.writePackedVarint(7, obj.int64_data);
  if (obj.name) pbf.writeStringField(8, obj.name);
  if (obj.doc_string) pbf.writeStringField(12, obj.doc_string);
  if (obj.raw_data != null) pbf.writeBytesField(9, obj.raw_data);
  if (obj.external_data) for (const item of obj.external_data) pbf.writeMessage(13, writeStringStringEntryProto, item);
  if (obj.data_location) pbf.writeVarintField(14, obj.data_location);
  if (obj.double_data) pbf.writePackedDouble(10, obj.double_data);
  if (obj.uint64_data) pbf.writePackedVarint(11, obj.uint64_data);
  if (obj.metadata_props)
    for (const item of obj.metadata_props) pbf.writeMessage(16, writeStringStringEntryProto, item);
}

export const TensorProtoDataType = {
  UNDEFINED: 0,
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  COMPLEX64: 14,
  COMPLEX128: 15,
  BFLOAT16: 16,
  FLOAT8E4M3FN: 17,
  FLOAT8E4M3FNUZ: 18,
  FLOAT8E5M2: 19,
  FLOAT8E5M2FNUZ: 20,
  UINT4: 21,
  INT4: 22,
  FLOAT4E2M1: 23,
  FLOAT8E8M0: 24,
  UINT2: 25,
  INT2: 26,
  FLOAT6E2M3: 27,
  FLOAT6E3M2: 28,
} as const;

export const TensorProtoDataLocation = {
  DEFAULT: 0,
  EXTERNAL: 1,
} as const;

export function writeTensorShapeProto(obj: TensorShapeProto, pbf: PbfWriter): void {
  if (obj.dim) for (const item of obj.dim) pbf.writeMessage(1, writeTensorShapeProtoDimension, item);
}

export function writeTensorShapeProtoDimension(obj: TensorShapeProtoDimension, pbf: PbfWriter): void {
  if (obj.dim_value != null) pbf.writeVarintField(1, obj.dim_value);
  if (obj.dim_param != null) pbf.writeStringField(2, obj.dim_param);
  if (obj.denotation) pbf.writeStringField(3, obj.denotation);
}

export function writeTypeProto(obj: TypeProto, pbf: PbfWriter): void {
  if (obj.tensor_type) pbf.writeMessage(1, writeTypeProtoTensor, obj.tensor_type);
  if (obj.denotation) pbf.writeStringField(6, obj.denotation);
}

export function writeTypeProtoTensor(obj: TypeProtoTensor, pbf: PbfWriter): void {
  if (obj.elem_type) pbf.writeVarintField(1, obj.elem_type);
  if (obj.shape) pbf.writeMessage(2, writeTensorShapeProto, obj.shape);
}

export function writeOperatorSetIdProto(obj: OperatorSetIdProto, pbf: PbfWriter): void {
  if (obj.domain) pbf.writeStringField(1, obj.domain);
  if (obj.version) pbf.writeVarintField(2, obj.version);
}

export const FIELD_NUMBERS = {
  ModelProto: { graph: 7 },
  GraphProto: { initializer: 5 },
  TensorProto: { raw_data: 9 },
} as const;

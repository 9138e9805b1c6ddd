/** A field's raw value: a varint or fixed number, or the bytes of a string, message or packed list. */
type Raw = bigint | Buffer;

/** A protobuf message taken apart by field number, without a schema. Throws on anything malformed. */
export class ProtobufFields {
  readonly #fields = new Map<number, Raw[]>();

  constructor(bytes: Buffer) {
    let at = 0;
    const varint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        if (byte === undefined || shift > 63n) throw new Error(`malformed varint at ${at}`);
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    const take = (length: number): Buffer => {
      if (at + length > bytes.length) throw new Error(`field of ${length} bytes at ${at} exceeds the message`);
      at += length;
      return bytes.subarray(at - length, at);
    };
    while (at < bytes.length) {
      const key = Number(varint());
      const wire = key & 7;
      let raw: Raw;
      if (wire === 0) raw = varint();
      else if (wire === 1) raw = take(8);
      else if (wire === 2) raw = take(Number(varint()));
      else if (wire === 5) raw = take(4);
      else throw new Error(`wire type ${wire} at ${at}`);
      const known = this.#fields.get(key >>> 3);
      if (known === undefined) this.#fields.set(key >>> 3, [raw]);
      else known.push(raw);
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  /** Each occurrence of a message field. */
  messages(field: number): ProtobufFields[] {
    return this.#buffers(field).map((bytes) => new ProtobufFields(bytes));
  }

  text(field: number): string {
    return this.#last(field)?.toString('utf8') ?? '';
  }

  /** Bytes as hex; empty when absent. */
  hex(field: number): string {
    return this.#last(field)?.toString('hex') ?? '';
  }

  /** A varint; 0 when absent. */
  integer(field: number): number {
    const raw = this.#fields.get(field)?.at(-1) ?? 0n;
    if (typeof raw !== 'bigint') throw new Error(`field ${field} is no varint`);
    return Number(BigInt.asIntN(64, raw));
  }

  double(field: number): number {
    return this.#last(field)?.readDoubleLE(0) ?? 0;
  }

  fixed64(field: number): bigint {
    return this.#last(field)?.readBigUInt64LE(0) ?? 0n;
  }

  /** A list of 8-byte numbers, packed or not. */
  fixed64List(field: number): number[] {
    return this.#eights(field).map((bytes) => Number(bytes.readBigUInt64LE(0)));
  }

  doubleList(field: number): number[] {
    return this.#eights(field).map((bytes) => bytes.readDoubleLE(0));
  }

  #eights(field: number): Buffer[] {
    return this.#buffers(field).flatMap((bytes) =>
      Array.from({ length: bytes.length / 8 }, (_, index) => bytes.subarray(index * 8, index * 8 + 8)),
    );
  }

  #last(field: number): Buffer | undefined {
    return this.#buffers(field).at(-1);
  }

  #buffers(field: number): Buffer[] {
    return (this.#fields.get(field) ?? []).map((raw) => {
      if (typeof raw === 'bigint') throw new Error(`field ${field} is a varint`);
      return raw;
    });
  }
}

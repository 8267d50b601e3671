import type { KvEntry } from '@raspy/kv-clone';

/** An entry of the tree in JSON: its value as JSON where it is that, else as text, else in base64. */
export interface EntryJson {
  readonly key: string;
  readonly value?: unknown;
  readonly text?: string;
  readonly base64?: string;
  /** A whole number of up to 64 bits. */
  readonly seq: string;
  /** It comes from the disk of the server, and nobody has set it since. */
  readonly restored: boolean;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function entryJson({ key, body, seq, restored }: KvEntry): EntryJson {
  return { key, ...valueOf(body), seq: String(seq), restored };
}

/** The text of bytes, or `undefined` where they are none. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function valueOf(body: Uint8Array): Pick<EntryJson, 'value' | 'text' | 'base64'> {
  const text = textOf(body);
  if (text === undefined) return { base64: Buffer.from(body).toString('base64') };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { text };
  }
}

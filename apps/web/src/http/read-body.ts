import { HttpProblem } from '../problem.js';

/** Of a body. */
export const MAX_BODY_BYTES = 1_048_576;
/** Of objects and lists in each other. */
export const MAX_DEPTH = 64;

/**
 * The JSON of a request; `{}` of one without body.
 * @throws HttpProblem (rejects) 400, 413 or 415 for what is none, is too large or too deep
 */
export async function readJson(request: Request): Promise<unknown> {
  const length = Number(request.headers.get('content-length') ?? '0');
  if (length > MAX_BODY_BYTES) throw tooLarge();
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new HttpProblem(415, 'NOT_JSON', 'send JSON, with Content-Type: application/json');
  }
  return parse(bytes);
}

function parse(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (depthOf(text) > MAX_DEPTH)
      throw new HttpProblem(400, 'TOO_DEEP', `JSON is at most ${MAX_DEPTH} levels deep`);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem(400, 'NOT_JSON', 'the body cannot be read as JSON', { cause: error });
  }
}

async function readBytes({ body }: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = (body as ReadableStream<Uint8Array> | null)?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MAX_BODY_BYTES) {
      await reader.cancel();
      throw tooLarge();
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}

/** How deep objects and lists stand in each other; of text that is no JSON some number. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isInText) {
      if (character === '\\') index += 1;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}

function tooLarge(): HttpProblem {
  return new HttpProblem(413, 'TOO_LARGE', `a body is at most ${MAX_BODY_BYTES / 1_048_576} MiB`);
}

import { deviceConfigSchema } from '@raspy/devices';
import { z } from 'zod';

/**
 * The schema of what can be configured of every device beside what its type asks for, as a module of the page: no server
 * tells it, since it is the same for all.
 */
export function deviceFormText(): string {
  const common = deviceConfigSchema.pick({ pollSeconds: true, log: true, safety: true });
  const { $schema: _, ...schema } = z.toJSONSchema(common, {
    io: 'input',
    // What a server knows besides is no mistake of a form, and stays as it is.
    override: ({ jsonSchema }) => delete jsonSchema.additionalProperties,
  });
  return [
    '// Made from the schema of devices by nx run web:client; not to be changed by hand.',
    "import type { JsonSchema } from './types.js';\n",
    '/** What can be configured of every device beside what its type asks for. */',
    `export const commonConfig: JsonSchema = ${JSON.stringify(schema)};\n`,
  ].join('\n');
}

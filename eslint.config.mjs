import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import * as jsonc from 'jsonc-eslint-parser';
import tseslint from 'typescript-eslint';

/** Who may import whom; the table of docs/decisions/0001. */
const layers = [
  { sourceTag: 'layer:base', onlyDependOnLibsWithTags: ['layer:base'] },
  { sourceTag: 'layer:wire', onlyDependOnLibsWithTags: ['layer:base'] },
  { sourceTag: 'layer:model', onlyDependOnLibsWithTags: ['layer:base', 'layer:model'] },
  { sourceTag: 'layer:protocol', onlyDependOnLibsWithTags: ['layer:base', 'layer:wire'] },
  {
    sourceTag: 'layer:service',
    onlyDependOnLibsWithTags: ['layer:base', 'layer:wire', 'layer:protocol', 'layer:service'],
  },
  { sourceTag: 'layer:plugin', onlyDependOnLibsWithTags: ['layer:base', 'layer:model'] },
  {
    sourceTag: 'layer:runtime',
    onlyDependOnLibsWithTags: ['layer:base', 'layer:wire', 'layer:model', 'layer:protocol', 'layer:service'],
  },
  {
    sourceTag: 'layer:app',
    onlyDependOnLibsWithTags: [
      'layer:base',
      'layer:wire',
      'layer:model',
      'layer:protocol',
      'layer:service',
      'layer:runtime',
      'layer:plugin',
      // A server of a home that is of no use elsewhere, so that it is no library: docs/decisions/0029-web.md.
      'part:home',
    ],
  },
  { sourceTag: 'layer:tool', onlyDependOnLibsWithTags: ['*'] },
];

const onlyInWire = { name: 'zeromq', message: 'zeromq is imported in @raspy/wire alone.' };
const onlyInDi = {
  name: 'inversify',
  message: "inversify is imported in a library's di.ts, in runtime and in apps alone.",
};
const clockCalls = [
  ['Date', 'now'],
  ['performance', 'now'],
].map(([object, property]) => ({
  object,
  property,
  message: 'Time comes from the injected Clock (@raspy/clock).',
}));
const clockGlobals = ['setTimeout', 'setInterval'].map((name) => ({
  name,
  message: 'Timers come from the injected Clock (@raspy/clock).',
}));

/** For the one project that is allowed what all others are not; its reason stands in its own config. */
export const mayImportZeromq = {
  files: ['**/src/**/*.ts'],
  rules: { 'no-restricted-imports': ['error', { paths: [onlyInDi] }] },
};
/** For runtime and the apps, which compose. */
export const mayImportInversify = {
  files: ['**/src/**/*.ts'],
  rules: { 'no-restricted-imports': ['error', { paths: [onlyInWire] }] },
};
/** For the files that touch the machine's clock. */
export const mayUseMachineTime = (...files) => ({
  files,
  rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off' },
});

export default tseslint.config(
  { ignores: ['**/dist', '**/bundle', '**/out-tsc', '**/test-output', '**/docs/reference', '**/*.cjs'] },
  {
    files: ['**/*.{js,mjs}'],
    extends: [js.configs.recommended],
    languageOptions: {
      globals: {
        process: 'readonly',
        performance: 'readonly',
        globalThis: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        fetch: 'readonly',
      },
    },
  },
  {
    files: ['**/*.{ts,tsx,mts,cts}'],
    // Without types: what needs them is in .oxlintrc.json, and twenty times as fast there.
    extends: [js.configs.recommended, ...tseslint.configs.strict],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: true, allow: [], depConstraints: layers },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Indexes are checked by length first and `noUncheckedIndexedAccess` is on: `!` says so where it was done.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [onlyInWire, onlyInDi] }],
      'no-restricted-properties': ['error', ...clockCalls],
      'no-restricted-globals': ['error', ...clockGlobals],
    },
  },
  {
    files: ['**/src/**/di.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [onlyInWire] }] },
  },
  {
    files: ['**/*.spec.ts', '**/test/**/*.ts', '**/bench/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['**/package.json'],
    languageOptions: { parser: jsonc },
    plugins: { '@nx': nx },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          ignoredFiles: [
            '{projectRoot}/eslint.config.mjs',
            '{projectRoot}/jest.config.cjs',
            '{projectRoot}/**/*.spec.ts',
            '{projectRoot}/test/**/*',
            '{projectRoot}/bench/**/*',
          ],
          ignoredDependencies: ['tslib', 'reflect-metadata'],
        },
      ],
    },
  },
);

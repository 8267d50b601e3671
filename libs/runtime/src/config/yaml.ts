// Loaded on demand, for whoever has a settings file. Named here, since a bundler gives a CommonJS package that is imported
// dynamically nothing but its default export.
export { isMap, LineCounter, parseDocument } from 'yaml';

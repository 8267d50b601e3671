/** The page that shows the API, and what it needs. */
export const DOCS_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>RasPy API</title>
<link rel="stylesheet" href="/api/docs.css">
</head>
<body>
<main id="api"><h1>RasPy API</h1><p><a href="/api/openapi.json">openapi.json</a></p></main>
<script src="/api/docs.js"></script>
</body>
</html>
`;

export const DOCS_CSS = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: auto; padding: 1rem; }
details { border-top: 1px solid #8884; padding: .4rem 0; }
summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: baseline; }
summary b { min-width: 4rem; }
pre { overflow: auto; background: #8881; padding: .8rem; border-radius: .4rem; }
small { opacity: .7; }
`;

export const DOCS_JS = `const add = (parent, tag, text) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  return parent.appendChild(element);
};
const show = async () => {
  const main = document.getElementById('api');
  const response = await fetch('/api/openapi.json');
  const api = await response.json();
  add(main, 'p', api.info.description);
  const tags = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0];
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push({ path, method, operation });
    }
  }
  for (const [tag, operations] of tags) {
    add(main, 'h2', tag);
    for (const { path, method, operation } of operations) {
      const details = add(main, 'details');
      const summary = add(details, 'summary');
      add(summary, 'b', method.toUpperCase());
      add(summary, 'code', path);
      add(summary, 'span', operation.summary);
      add(details, 'small', operation.description);
      const { parameters, requestBody, responses } = operation;
      add(details, 'pre', JSON.stringify({ parameters, requestBody, responses }, null, 2));
    }
  }
  add(main, 'h2', 'Schemas');
  add(main, 'pre', JSON.stringify(api.components.schemas, null, 2));
};
show();
`;

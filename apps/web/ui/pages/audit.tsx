import { useState } from 'preact/hooks';
import type { AuditLine } from '../model/types.js';
import { call } from '../state/api.js';
import { Icon } from '../view/icons.js';
import { Badge, Button, Clock, Empty, Loads, PageHead, useLoad } from '../view/parts.js';

/** Who changed what, the latest first. */
export function Audit() {
  const [text, setText] = useState('');
  const lines = useLoad(() => call('GET /audit', { query: { limit: 500 } }));
  return (
    <>
      <PageHead title="Audit" lead="Who changed what, the latest first.">
        <Button icon="reload" onClick={lines.reload}>
          Look again
        </Button>
      </PageHead>
      <div class="filter">
        <label class="search">
          <Icon name="search" />
          <span class="visually-hidden">Search the audit log</span>
          <input
            type="search"
            placeholder="Search"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      </div>
      <Loads of={lines}>
        {(list) => {
          const shown = list
            .filter((line) => JSON.stringify(line).toLowerCase().includes(text.toLowerCase()))
            .sort((a, b) => b.at - a.at);
          return shown.length === 0 ? (
            <Empty icon="audit" title="Nothing was changed">
              <p>Every change of a person or a program is written down here.</p>
            </Empty>
          ) : (
            <ul class="rows">
              {shown.map((line, index) => (
                <Row key={index} line={line} />
              ))}
            </ul>
          );
        }}
      </Loads>
    </>
  );
}

function Row({ line }: { readonly line: AuditLine }) {
  const { at, who, address, token, what, status, code } = line;
  const [method, target = ''] = what.split(' ');
  return (
    <li class="row-card">
      <div>
        <h2>
          {method} <code class="break">{target.replace('/api/v1', '')}</code>
          <Badge tone={status < 400 ? 'good' : 'bad'}>{code ?? String(status)}</Badge>
        </h2>
        <p>
          {who === '' ? 'Nobody who is logged in' : who}
          {token !== undefined && ` by the token ${token}`} from {address}, <Clock at={at} />
        </p>
      </div>
    </li>
  );
}

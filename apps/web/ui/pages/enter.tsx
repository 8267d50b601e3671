import { useState } from 'preact/hooks';
import { messageOf } from '../state/api.js';
import { claim, logIn, session } from '../state/session.js';
import { Button, Labelled } from '../view/parts.js';
import { Mark, Toasts } from '../view/shell.js';

const LEAST_PASSWORD = 10;

function Gate(props: {
  readonly title: string;
  readonly lead: preact.ComponentChildren;
  readonly submit: string;
  readonly ready: boolean;
  readonly onSubmit: () => Promise<void>;
  readonly children: preact.ComponentChildren;
}) {
  const { title, lead, submit, ready, onSubmit, children } = props;
  const [wrong, setWrong] = useState('');
  document.title = `${title} · RasPy`;
  return (
    <div class="gate">
      <main class="gate-card">
        <Mark />
        <h1>{title}</h1>
        <p class="lead">{lead}</p>
        <form onSubmit={(event) => event.preventDefault()}>
          {children}
          {wrong !== '' && (
            <p class="notice notice-bad" role="alert">
              {wrong}
            </p>
          )}
          <Button
            kind="primary"
            type="submit"
            disabled={!ready}
            onClick={async () => {
              setWrong('');
              try {
                await onSubmit();
              } catch (error) {
                setWrong(messageOf(error));
              }
            }}
          >
            {submit}
          </Button>
        </form>
      </main>
      <Toasts />
    </div>
  );
}

function Text(props: {
  readonly label: string;
  readonly value: string;
  readonly type?: 'text' | 'password';
  readonly autocomplete: string;
  readonly help?: string;
  readonly onChange: (value: string) => void;
}) {
  const { label, value, type = 'text', autocomplete, help, onChange } = props;
  return (
    <Labelled label={label} help={help}>
      {(id, note) => (
        <input
          id={id}
          name={autocomplete}
          type={type}
          autocomplete={autocomplete}
          autocapitalize="none"
          spellcheck={false}
          aria-describedby={note}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

export function Login() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Gate
      title="Log in"
      lead={`To the home of ${session.value?.home.hostname ?? 'this address'}.`}
      submit="Log in"
      ready={name !== '' && password !== ''}
      onSubmit={() => logIn(name, password)}
    >
      <Text label="Name" value={name} autocomplete="username" onChange={setName} />
      <Text
        label="Password"
        type="password"
        value={password}
        autocomplete="current-password"
        onChange={setPassword}
      />
    </Gate>
  );
}

export function Claim() {
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const differs = again !== '' && again !== password;
  return (
    <Gate
      title="Welcome home"
      lead="Nobody owns this home yet. The program “web” printed a claim code when it started: whoever has it becomes the owner."
      submit="Become the owner"
      ready={code !== '' && name !== '' && password.length >= LEAST_PASSWORD && again === password}
      onSubmit={() => claim(code.trim(), name.trim(), password)}
    >
      <Text
        label="Claim code"
        value={code}
        autocomplete="one-time-code"
        help="It stands in the terminal or the log of the home, and is used once."
        onChange={setCode}
      />
      <Text label="Your name" value={name} autocomplete="username" onChange={setName} />
      <Text
        label="Password"
        type="password"
        value={password}
        autocomplete="new-password"
        help={`${LEAST_PASSWORD} characters at least; a sentence is good.`}
        onChange={setPassword}
      />
      <Text
        label="Password again"
        type="password"
        value={again}
        autocomplete="new-password"
        {...(differs && { help: 'It is not the same yet.' })}
        onChange={setAgain}
      />
    </Gate>
  );
}

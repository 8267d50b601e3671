import { serverSettings, serviceSetting, VERSION, webSettings, type ServerDefinition } from '@raspy/runtime';

/** Settings of the web server. */
export const webAppSettings = {
  ...serverSettings,
  ...webSettings,
  service: serviceSetting('web'),
};

/** The web server as a program. */
export const webDefinition: ServerDefinition<typeof webAppSettings> = {
  name: 'raspy-web',
  version: VERSION,
  summary: 'Shows the home in a browser, with an API for programs; needs a broker.',
  settings: webAppSettings,
  examples: [
    ['raspy-web', 'with the broker of this machine, at http://127.0.0.1:8080'],
    ['raspy-web --web-ip=0.0.0.0 --web-cert=cert.pem --web-key=key.pem', 'for the whole network, by TLS'],
  ],
  compose: async (context) => {
    const { WebServer } = await import('./web-server.js');
    const server = new WebServer(context);
    return {
      parts: [server],
      ready: () => {
        const { claimCode } = server;
        return `on ${server.url}${claimCode === undefined ? '' : `, claim code ${claimCode},`}`;
      },
    };
  },
};

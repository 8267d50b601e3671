/** The part of net-snmp that the agent uses; the package brings no types. */
declare module 'net-snmp' {
  export interface RemoteInfo {
    readonly address: string;
    readonly port: number;
  }

  export interface Varbind {
    readonly oid: string;
    readonly type: number;
    readonly value: unknown;
  }

  export interface ResponsePdu {
    errorStatus?: number;
    errorIndex?: number;
    varbinds: readonly Varbind[];
  }

  export interface RequestPdu {
    readonly varbinds: readonly Varbind[];
    readonly nonRepeaters: number;
    readonly maxRepetitions: number;
    getResponsePduForRequest(): ResponsePdu;
  }

  export interface User {
    readonly name: string;
    readonly level: number;
    readonly authProtocol: string;
    readonly authKey: string;
    readonly privProtocol: string;
    readonly privKey: string;
  }

  export interface SecurityParameters {
    readonly msgAuthoritativeEngineBoots: number;
    readonly msgAuthoritativeEngineTime: number;
    msgUserName: string;
  }

  export interface Message {
    readonly version: number;
    readonly pdu: RequestPdu;
    user: User;
    readonly msgSecurityParameters: SecurityParameters;
    setAuthentication(flag: boolean): void;
    setReportable(flag: boolean): void;
    createReportResponseMessage(engine: Engine, context: string, errorType: string): Message;
  }

  export interface Engine {
    readonly engineID: Buffer;
    engineBoots: number;
    engineTime: number;
  }

  /** What stands in for the socket of `node:dgram`. */
  export interface SocketLike {
    on(event: string, listener: (datagram: Buffer, from: RemoteInfo) => void): void;
    bind(): void;
    send(
      datagram: Buffer,
      offset: number,
      length: number,
      port: number,
      address: string,
      done: (error: Error | null) => void,
    ): void;
    close(): void;
  }

  export type Handler = (socket: SocketLike, message: Message, from: RemoteInfo) => void;

  export interface Agent {
    readonly engine: Engine;
    readonly listener: { send(message: Message, from: RemoteInfo, socket: SocketLike): void };
    getRequest: Handler;
    getNextRequest: Handler;
    getBulkRequest: Handler;
    setRequest: Handler;
    getAuthorizer(): { addCommunity(community: string): void; addUser(user: User): void };
    sendResponse(socket: SocketLike, from: RemoteInfo, message: Message, response: ResponsePdu): void;
  }

  export interface AgentOptions {
    readonly dgramModule: { createSocket(): SocketLike };
    readonly engineID?: Buffer;
    readonly accessControlModelType: number;
  }

  const snmp: {
    createAgent(options: AgentOptions, callback: (error: Error | null) => void): Agent;
    readonly AccessControlModelType: { readonly Simple: number };
    readonly SecurityLevel: { readonly authPriv: number };
    readonly AuthProtocols: Readonly<Record<'sha' | 'sha256' | 'sha512', string>>;
    readonly PrivProtocols: Readonly<Record<'aes' | 'aes256b', string>>;
  };
  export default snmp;
}

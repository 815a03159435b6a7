/** The event socket as AsyncAPI 3.0, from the schemas that check its messages. */
import { EVENT_TYPES } from '../event/event.ts';
import { componentSchemas, inlineSchema, type Json } from './json-schema.ts';
import { CLIENT_MESSAGES, CLOSE_CODES, SERVER_MESSAGES } from './socket-messages.ts';

const eventList = Object.entries(EVENT_TYPES)
  .map(([type, means]) => `- \`${type}\`: ${means}`)
  .join('\n');

const description = `Events as they are committed, after a replay of what came before, without gap or duplicate.

A connection ends when its client reads too slowly (code ${CLOSE_CODES.slowClient}), when what it was opened with expires (an \`error\` of status 401,
then code ${CLOSE_CODES.sessionExpired} where the host can choose one), and whenever the host can not tell whether a message arrived. The client
connects again with a new ticket, and subscribes from the last \`seq\` or \`cursor\` that it saw.

${eventList}`;

/** The document; `version` is Holdfast's own. */
export function asyncApiDocument(version: string): Json {
  return {
    asyncapi: '3.0.0',
    info: { title: 'Holdfast events', version, description, license: { name: 'Apache-2.0' } },
    channels: {
      events: {
        address: '/ws',
        description:
          'POST /tickets answers the whole address, with a ticket that opens one connection. A host of its own also takes its token, as `Authorization: Bearer` or as the subprotocol `bearer.<token>`.',
        messages: references('#/components/messages/', { ...CLIENT_MESSAGES, ...SERVER_MESSAGES }),
        bindings: { ws: { method: 'GET' } },
      },
    },
    operations: {
      ask: operation('receive', 'What a client may send.', CLIENT_MESSAGES),
      tell: operation('send', 'What the server sends.', SERVER_MESSAGES),
    },
    components: {
      messages: Object.fromEntries(
        Object.entries({ ...CLIENT_MESSAGES, ...SERVER_MESSAGES }).map(([name, schema]) => [
          name,
          { name, contentType: 'application/json', payload: inlineSchema(schema, 'input') },
        ]),
      ),
      schemas: componentSchemas(),
    },
  };
}

function operation(action: 'send' | 'receive', summary: string, messages: object): Json {
  return {
    action,
    summary,
    channel: { $ref: '#/channels/events' },
    messages: Object.values(references('#/channels/events/messages/', messages)),
  };
}

const references = (prefix: string, messages: object): Record<string, Json> =>
  Object.fromEntries(Object.keys(messages).map((name) => [name, { $ref: prefix + name }]));

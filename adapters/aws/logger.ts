import { Logger } from '@aws-lambda-powertools/logger';
import type { Logger as LoggerPort } from '../../core/task/handler.ts';

/** JSON lines for CloudWatch; the level is POWERTOOLS_LOG_LEVEL. Lines cost: what goes well says nothing. */
export const awsLogger = new Logger({ serviceName: 'holdfast' });

type Fields = Record<string, unknown>;

/** The same, as handlers and use cases see it. */
export const logger: LoggerPort = {
  debug: (message, fields: Fields = {}) => awsLogger.debug(message, fields),
  info: (message, fields: Fields = {}) => awsLogger.info(message, fields),
  warn: (message, fields: Fields = {}) => awsLogger.warn(message, fields),
  error: (message, fields: Fields = {}) => awsLogger.error(message, fields),
};

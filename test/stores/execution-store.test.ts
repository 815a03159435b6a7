import { executionReaderSuite } from '../ports/execution-reader.suite.ts';
import { executionStoreSuite } from '../ports/execution-store.suite.ts';
import { describeStores } from './dynamodb.ts';
import { openSubject } from './subject.ts';

describeStores('On DynamoDB Local', () => {
  executionStoreSuite('DynamoDB', openSubject);
  executionReaderSuite('DynamoDB', openSubject);
});

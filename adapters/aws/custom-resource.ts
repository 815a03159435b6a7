/** Answers CloudFormation for a resource that a function of ours stands for. */
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';

type Perform = (event: CloudFormationCustomResourceEvent) => Promise<void>;

/** Whether CloudFormation asks, and waits for an answer. */
export const isFromCloudFormation = (event: unknown): event is CloudFormationCustomResourceEvent =>
  typeof event === 'object' && event !== null && 'ResponseURL' in event && 'RequestType' in event;

/**
 * Performs a request and says how it went; without an answer the deployment would wait for an hour.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 */
export async function answerCloudFormation(
  event: CloudFormationCustomResourceEvent,
  { logStreamName }: Pick<Context, 'logStreamName'>,
  perform: Perform,
): Promise<void> {
  const { StackId, RequestId, LogicalResourceId } = event;
  let outcome: { Status: 'SUCCESS' } | { Status: 'FAILED'; Reason: string } = { Status: 'SUCCESS' };
  try {
    await perform(event);
  } catch (error) {
    outcome = { Status: 'FAILED', Reason: `${String(error)} (log stream ${logStreamName})`.slice(0, 2000) };
  }
  const PhysicalResourceId = 'PhysicalResourceId' in event ? event.PhysicalResourceId : LogicalResourceId;
  const body = JSON.stringify({ ...outcome, PhysicalResourceId, StackId, RequestId, LogicalResourceId });
  // The URL is signed for a request without a content type.
  const answer = await fetch(event.ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body });
  if (!answer.ok) throw new Error(`CloudFormation took no answer: ${answer.status} ${await answer.text()}`);
}

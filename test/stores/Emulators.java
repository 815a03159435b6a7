import java.net.InetSocketAddress;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.elasticmq.NodeAddress;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;

/**
 * DynamoDB Local and ElasticMQ in one process, in memory, on free ports of 127.0.0.1 (their own programs listen on every
 * address). Prints `ports DYNAMODB SQS` and runs until its standard input ends.
 */
public class Emulators {
  public static void main(String[] arguments) throws Exception {
    System.setProperty("sqlite4java.library.path", arguments[0]);
    var dynamodb = new Server(new InetSocketAddress("127.0.0.1", 0));
    var requests = new LocalDynamoDBRequestHandler(0, true, null, false, false);
    var context = new ContextHandler();
    context.setHandler(new LocalDynamoDBServerHandler(requests, null));
    dynamodb.setHandler(context);
    dynamodb.start();
    var sqs =
        SQSRestServerBuilder.withInterface("127.0.0.1")
            .withDynamicPort()
            .withServerAddress(new NodeAddress("http", "*", 0, ""))
            .start();
    var sqsPort = sqs.waitUntilStarted().localAddress().getPort();
    var dynamodbPort = ((ServerConnector) dynamodb.getConnectors()[0]).getLocalPort();
    System.out.println("ports " + dynamodbPort + " " + sqsPort);
    while (System.in.read() >= 0) {}
    System.exit(0);
  }
}

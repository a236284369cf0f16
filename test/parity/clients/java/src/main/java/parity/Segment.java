package parity;

import com.segment.analytics.Callback;
import com.segment.analytics.Analytics;
import com.segment.analytics.messages.AliasMessage;
import com.segment.analytics.messages.GroupMessage;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.MessageBuilder;
import com.segment.analytics.messages.PageMessage;
import com.segment.analytics.messages.ScreenMessage;
import com.segment.analytics.messages.TrackMessage;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Drives com.segment.analytics.java:analytics. */
public final class Segment {
  public static void main(String[] args) throws InterruptedException {
    Journey journey = Journey.of(args);
    CountDownLatch left = new CountDownLatch(7);
    Analytics client =
        Analytics.builder(journey.text("key"))
            .endpoint(journey.text("url"))
            .flushInterval(1, TimeUnit.SECONDS)
            .callback(
                new Callback() {
                  public void success(Message message) {
                    left.countDown();
                  }

                  public void failure(Message message, Throwable error) {
                    left.countDown();
                  }
                })
            .build();
    String user = journey.text("user");
    send(
        client,
        journey,
        "track",
        TrackMessage.builder(journey.step("track").getString("event"))
            .properties(journey.map("track", "properties"))
            .userId(user));
    send(
        client,
        journey,
        "identify",
        IdentifyMessage.builder().traits(journey.map("identify", "traits")).userId(user));
    send(
        client,
        journey,
        "group",
        GroupMessage.builder(journey.text("account"))
            .traits(journey.map("group", "traits"))
            .userId(user));
    Map<String, Object> page = journey.step("page").toMap();
    send(
        client,
        journey,
        "page",
        PageMessage.builder((String) page.get("name"))
            .properties(Map.of("url", page.get("url"), "title", page.get("title")))
            .userId(user));
    send(
        client,
        journey,
        "screen",
        ScreenMessage.builder(journey.step("screen").getString("name")).userId(user));
    send(
        client,
        journey,
        "revenue",
        TrackMessage.builder(journey.step("revenue").getString("event"))
            .properties(journey.order())
            .userId(user));
    send(
        client,
        journey,
        "alias",
        AliasMessage.builder(journey.step("alias").getString("previous")).userId(user));
    client.flush();
    left.await();
    client.shutdown();
    System.exit(0);
  }

  private static void send(
      Analytics client, Journey journey, String step, MessageBuilder<?, ?> message) {
    message.messageId(journey.id(step));
    message.timestamp(journey.time(step));
    client.enqueue(message);
  }
}

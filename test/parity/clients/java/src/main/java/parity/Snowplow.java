package parity;

import com.snowplowanalytics.snowplow.tracker.Subject;
import com.snowplowanalytics.snowplow.tracker.Tracker;
import com.snowplowanalytics.snowplow.tracker.configuration.EmitterConfiguration;
import com.snowplowanalytics.snowplow.tracker.configuration.NetworkConfiguration;
import com.snowplowanalytics.snowplow.tracker.configuration.SubjectConfiguration;
import com.snowplowanalytics.snowplow.tracker.configuration.TrackerConfiguration;
import com.snowplowanalytics.snowplow.tracker.emitter.EmitterCallback;
import com.snowplowanalytics.snowplow.tracker.emitter.FailureType;
import com.snowplowanalytics.snowplow.tracker.events.EcommerceTransaction;
import com.snowplowanalytics.snowplow.tracker.events.EcommerceTransactionItem;
import com.snowplowanalytics.snowplow.tracker.events.PageView;
import com.snowplowanalytics.snowplow.tracker.events.ScreenView;
import com.snowplowanalytics.snowplow.tracker.events.Structured;
import com.snowplowanalytics.snowplow.tracker.payload.TrackerPayload;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;

/** Drives com.snowplowanalytics:snowplow-java-tracker. */
public final class Snowplow {
  public static void main(String[] args) throws InterruptedException {
    Journey journey = Journey.of(args);
    JSONObject track = journey.step("track");
    JSONObject page = journey.step("page");
    JSONObject screen = journey.step("screen");
    JSONObject revenue = journey.step("revenue");
    List<EcommerceTransactionItem> items = new ArrayList<>();
    for (Object item : revenue.getJSONArray("items")) {
      JSONObject one = (JSONObject) item;
      items.add(
          EcommerceTransactionItem.builder()
              .itemId(revenue.getString("order"))
              .sku(one.getString("id"))
              .name(one.getString("name"))
              .price(one.getDouble("price"))
              .quantity(one.getInt("quantity"))
              .currency(revenue.getString("currency"))
              .trueTimestamp(journey.at("revenue"))
              .build());
    }
    CountDownLatch left = new CountDownLatch(4 + items.size());
    EmitterCallback count =
        new EmitterCallback() {
          public void onSuccess(List<TrackerPayload> sent) {
            sent.forEach(one -> left.countDown());
          }

          public void onFailure(FailureType type, boolean again, List<TrackerPayload> failed) {
            if (!again) failed.forEach(one -> left.countDown());
          }
        };
    Tracker tracker =
        com.snowplowanalytics.snowplow.tracker.Snowplow.createTracker(
            new TrackerConfiguration("parity", journey.text("key")),
            new NetworkConfiguration(journey.text("url")),
            new EmitterConfiguration().batchSize(4 + items.size()).callback(count));
    tracker.setSubject(new Subject(new SubjectConfiguration().userId(journey.text("user"))));
    tracker.track(
        Structured.builder()
            .category("reports")
            .action(track.getString("event"))
            .property(track.getJSONObject("properties").getString("format"))
            .value(track.getJSONObject("properties").getDouble("rows"))
            .trueTimestamp(journey.at("track"))
            .build());
    tracker.track(
        PageView.builder()
            .pageUrl(page.getString("url"))
            .pageTitle(page.getString("title"))
            .trueTimestamp(journey.at("page"))
            .build());
    tracker.track(
        ScreenView.builder()
            .name(screen.getString("name"))
            .id(screen.getString("id"))
            .trueTimestamp(journey.at("screen"))
            .build());
    tracker.track(
        EcommerceTransaction.builder()
            .orderId(revenue.getString("order"))
            .totalValue(revenue.getDouble("amount"))
            .currency(revenue.getString("currency"))
            .items(items)
            .trueTimestamp(journey.at("revenue"))
            .build());
    // what failed waits for the next event or flush
    do tracker.getEmitter().flushBuffer();
    while (!left.await(200, TimeUnit.MILLISECONDS));
    tracker.close();
    System.exit(0);
  }
}

package parity;

import java.util.HashMap;
import java.util.Map;

/** Drives com.posthog.java:posthog. */
public final class PostHog {
  public static void main(String[] args) {
    Journey journey = Journey.of(args);
    com.posthog.java.PostHog client =
        new com.posthog.java.PostHog.Builder(journey.text("key")).host(journey.text("url")).build();
    String user = journey.text("user");
    client.capture(
        user, journey.step("track").getString("event"), journey.map("track", "properties"));
    client.set(user, journey.map("identify", "traits"));
    client.capture(
        user,
        "$groupidentify",
        Map.of(
            "$group_type", "company",
            "$group_key", journey.text("account"),
            "$group_set", journey.map("group", "traits")));
    Map<String, Object> page = journey.step("page").toMap();
    client.capture(
        user, "$pageview", Map.of("$current_url", page.get("url"), "title", page.get("title")));
    client.capture(
        user, "$screen", Map.of("$screen_name", journey.step("screen").getString("name")));
    client.capture(
        user, journey.step("revenue").getString("event"), new HashMap<>(journey.order()));
    client.alias(user, journey.step("alias").getString("previous"));
    client.shutdown();
  }
}

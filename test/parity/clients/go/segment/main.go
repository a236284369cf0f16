// Drives gopkg.in/segmentio/analytics-go.v3.
package main

import (
	"encoding/json"
	"os"
	"sync"
	"time"

	analytics "gopkg.in/segmentio/analytics-go.v3"
)

type call struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
}

type journey struct {
	URL, Key, User, Account string
	Track                   struct {
		call
		Event      string
		Properties map[string]any
	}
	Identify, Group struct {
		call
		Traits map[string]any
	}
	Page struct {
		call
		Name, URL, Title string
	}
	Screen struct {
		call
		Name string
	}
	Revenue struct {
		call
		Event, Order, Currency string
		Amount                 float64
		Items                  []struct {
			ID, Name string
			Price    float64
			Quantity int
		}
	}
	Alias struct {
		call
		Previous string
	}
}

// The client gives up what it is trying again when it is closed, so that is left until all is sent.
type results struct{ left sync.WaitGroup }

func (r *results) Success(analytics.Message)        { r.left.Done() }
func (r *results) Failure(analytics.Message, error) { r.left.Done() }

func main() {
	var j journey
	var done results
	done.left.Add(7)
	check(json.Unmarshal([]byte(os.Args[1]), &j))
	client, err := analytics.NewWithConfig(j.Key, analytics.Config{
		Endpoint:   j.URL,
		Interval:   100 * time.Millisecond,
		Callback:   &done,
		RetryAfter: func(int) time.Duration { return 100 * time.Millisecond },
	})
	check(err)
	check(client.Enqueue(analytics.Track{
		MessageId: j.Track.ID, Timestamp: j.Track.Time, UserId: j.User, Event: j.Track.Event, Properties: j.Track.Properties,
	}))
	check(client.Enqueue(analytics.Identify{
		MessageId: j.Identify.ID, Timestamp: j.Identify.Time, UserId: j.User, Traits: j.Identify.Traits,
	}))
	check(client.Enqueue(analytics.Group{
		MessageId: j.Group.ID, Timestamp: j.Group.Time, UserId: j.User, GroupId: j.Account, Traits: j.Group.Traits,
	}))
	check(client.Enqueue(analytics.Page{
		MessageId: j.Page.ID, Timestamp: j.Page.Time, UserId: j.User, Name: j.Page.Name,
		Properties: analytics.NewProperties().SetURL(j.Page.URL).SetTitle(j.Page.Title),
	}))
	check(client.Enqueue(analytics.Screen{
		MessageId: j.Screen.ID, Timestamp: j.Screen.Time, UserId: j.User, Name: j.Screen.Name,
	}))
	var products []analytics.Product
	for _, item := range j.Revenue.Items {
		products = append(products, analytics.Product{ID: item.ID, Name: item.Name, Price: item.Price})
	}
	check(client.Enqueue(analytics.Track{
		MessageId: j.Revenue.ID, Timestamp: j.Revenue.Time, UserId: j.User, Event: j.Revenue.Event,
		Properties: analytics.NewProperties().SetOrderId(j.Revenue.Order).SetRevenue(j.Revenue.Amount).
			SetCurrency(j.Revenue.Currency).SetProducts(products...),
	}))
	check(client.Enqueue(analytics.Alias{
		MessageId: j.Alias.ID, Timestamp: j.Alias.Time, UserId: j.User, PreviousId: j.Alias.Previous,
	}))
	done.left.Wait()
	check(client.Close())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

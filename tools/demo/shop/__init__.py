"""The full demo shop: `script/demo --shop` fills a running stack with forty products and 120 days of life.

Through the services, at moments of the past where a clock is set for them (`clock`): accounts of sellers and staff, organisations with
members and robots, namespaces, reservations, products, prices, pictures, publishing, pulls (`count_pulls`), views (`add_views`), the sales
of today with their refunds and dispute through Stripe's sandbox, each other way to sell (`ways`), and reports. Images are pushed to the
registry over HTTP, so the shop learns of them as of any others.

In bulk, because a service would ask Stripe or a person for each row:

| rows | why they are what the services leave |
|---|---|
| buyers (users, accounts, addresses) | as `create_user` and the confirmed sign-up; without passwords, so nobody can sign in as them |
| orders and what hangs on them | `sales`: states of `billing.orders.state`; for what is over, nothing is due to Stripe |
| the books of these orders | `books`: as `post_payment` and `settle_fee`, from what the sandbox has moved for them |
| entitlements to free products | `buyers`: as `obtain_free_product` |
| access tokens of buyers | `buyers`: hashes of secrets that were thrown away |
| reviews with former versions, subscriptions to updates | `buyers`: counted by `count_ratings`; nobody is told of older pushes |
| sketches of pullers | `use`: by the same commands of Redis as `count_pullers`, for all days of an image at once |
| verified domains | `sellers`: as `check_due_domains` leaves them; names under .example are in no DNS |
| dates of manifests, tags and their moves | `shelves`: pushed now, dated as if each version had been pushed when it was made |

What follows from these rows is derived by the services of the jobs (`closing`), not written.
"""

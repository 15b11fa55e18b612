// Observations and their features in SQL.
#include "churn/by_customer.hpp"
#include "churn/churn_features.hpp"
#include "churn/query_columns_sql.hpp"
#include "customer_data.hpp"
#include "pg/arguments.hpp"
#include "pg/memory.hpp"
#include <cmath>

namespace cd::churn {
namespace {

class Activity final : public CustomerRows {
  public:
    Activity(std::pmr::memory_resource *memory, const std::optional<Micros> &until)
        : CustomerRows({"occurred_at"}, "amount"), events(memory, max_dataset_memory(), pg::interrupts), until_(until) {
    }

    ByCustomer<Event> events;
    Micros first = INT64_MAX, last = INT64_MIN;

  private:
    void take() override {
        const Micros at = *time(0);
        if (at == INT64_MIN || at == INT64_MAX) refuse_infinite("occurred_at");
        if (until_ && at > *until_) return;
        events.add(id(), {at, amount().value_or(no_amount)});
        first = std::min(first, at);
        last = std::max(last, at);
    }

    std::optional<Micros> until_;
};

// The columns that both functions have.
enum { customer_id, observed_at, active_since, tenure, churned, censored };
constexpr std::size_t observation_columns = censored + 1;

template <std::size_t N> class Rows {
  public:
    explicit Rows(FunctionCallInfo fcinfo) : rows_(fcinfo) {}
    void customer(std::string_view id) {
        values_[customer_id] = pg::call([this, id] {
            if (values_[customer_id]) pfree(DatumGetPointer(values_[customer_id]));
            return pg::text_datum(id);
        });
    }
    void add(const ObservationDate &date, Micros since, const Observation &seen) {
        // As the difference of two timestamps: days, and what is left.
        const __int128 micros = static_cast<__int128>(date.at) - since; // they may be wider apart than times reach
        Interval length{static_cast<TimeOffset>(micros % USECS_PER_DAY),
                        static_cast<std::int32_t>(micros / USECS_PER_DAY), 0};
        values_[observed_at] = TimestampTzGetDatum(date.at);
        values_[active_since] = TimestampTzGetDatum(since);
        values_[tenure] = IntervalPGetDatum(&length);
        values_[churned] = BoolGetDatum(seen.churned.value_or(false));
        nulls_[churned] = !seen.churned;
        values_[censored] = BoolGetDatum(date.censored);
        rows_.add(values_, nulls_);
    }
    void set(std::size_t column, double value) {
        values_[column] = Float8GetDatum(value);
        nulls_[column] = std::isnan(value);
    }

  private:
    pg::ResultRows rows_;
    Datum values_[N] = {};
    bool nulls_[N] = {};
};

Schedule schedule_args(FunctionCallInfo fcinfo) {
    pg::require_arguments(fcinfo, {"activity", "inactivity", "lead", "every"});
    return {span_arg(fcinfo, 1, "inactivity", Least::above_zero), span_arg(fcinfo, 2, "lead", Least::zero),
            span_arg(fcinfo, 3, "every", Least::above_zero), optional_span_arg(fcinfo, 4, "horizon"),
            time_arg(fcinfo, 5, "since")};
}

// What is made of the observations of each customer. First come the dates, then the customer with his events.
struct Observer {
    virtual void open(std::span<const ObservationDate>, bool with_amounts) = 0;
    virtual void customer(std::string_view id, std::span<const Event>) = 0;
    virtual void observation(std::span<const Event>, const Observation &) = 0;

  protected:
    ~Observer() = default;
};

void observe(FunctionCallInfo fcinfo, const Schedule &schedule, Observer &observer) {
    const std::optional<Micros> until = time_arg(fcinfo, 6, "until");
    MemoryContext const scratch =
        pg::call([] { return AllocSetContextCreate(CurrentMemoryContext, "churn", ALLOCSET_DEFAULT_SIZES); });
    {
        pg::ContextMemory memory(scratch);
        Activity activity(&memory, until);
        activity.read(fcinfo, 0);
        const auto dates =
            activity.events.rows() == 0
                ? std::vector<ObservationDate>()
                : observation_dates(schedule, activity.first, until.value_or(activity.last), pg::interrupts);
        observer.open(dates, activity.has_amount());
        activity.events.each([&](std::string_view id, std::span<Event> events) {
            sort_events(events, pg::interrupts);
            observer.customer(id, events);
            each_observation(events, dates, schedule.inactivity, pg::interrupts,
                             [&](const Observation &seen) { observer.observation(events, seen); });
        });
    }
    pg::call([scratch] { MemoryContextDelete(scratch); });
}

struct Labels final : Observer {
    explicit Labels(FunctionCallInfo fcinfo) : rows(fcinfo) {}
    void open(std::span<const ObservationDate> all, bool) override { dates = all; }
    void customer(std::string_view id, std::span<const Event>) override { rows.customer(id); }
    void observation(std::span<const Event> events, const Observation &seen) override {
        rows.add(dates[seen.date], events[seen.began].at, seen);
    }

    Rows<observation_columns> rows;
    std::span<const ObservationDate> dates;
};

struct WithFeatures final : Observer {
    WithFeatures(FunctionCallInfo fcinfo, const Windows &w) : rows(fcinfo), windows(w) {}
    void open(std::span<const ObservationDate> all, bool with_amounts) override {
        dates = all;
        history.emplace(with_amounts);
        for (const ObservationDate &date : dates) starts.push_back(window_starts(date.cutoff, windows));
    }
    void customer(std::string_view id, std::span<const Event> events) override {
        rows.customer(id);
        history->read(events, pg::interrupts);
    }
    void observation(std::span<const Event> events, const Observation &seen) override {
        const Features features = history->at(seen, dates[seen.date].cutoff, starts[seen.date]);
        for (std::size_t i = 0; i < feature_count; ++i) rows.set(observation_columns + i, features[i]);
        rows.add(dates[seen.date], events[seen.began].at, seen);
    }

    Rows<observation_columns + feature_count> rows;
    Windows windows;
    std::span<const ObservationDate> dates;
    std::vector<WindowStarts> starts;
    std::optional<History> history;
};

} // namespace
} // namespace cd::churn

using namespace cd;
using namespace cd::churn;

CD_FUNCTION(cd_churn_observations) {
    const Schedule schedule = schedule_args(fcinfo);
    Labels labels(fcinfo);
    observe(fcinfo, schedule, labels);
    PG_RETURN_NULL();
}

CD_FUNCTION(cd_churn_features) {
    const Schedule schedule = schedule_args(fcinfo);
    static constexpr const char *names[] = {"short_window", "medium_window", "long_window"};
    Span windows[window_count];
    for (int i = 0; i < 3; ++i) {
        if (fcinfo->args[7 + i].isnull)
            throw Error("22004", std::string(names[i]) + " must not be NULL", "", "Give a span, or leave it out.");
        windows[i] = span_arg(fcinfo, 7 + i, names[i], Least::above_zero);
    }
    const WindowStarts starts = window_starts(0, {windows[0], windows[1], windows[2]});
    if (starts[short_window] < starts[medium_window] || starts[medium_window] < starts[long_window])
        throw Error(sqlstate::invalid_parameter, "short_window, medium_window and long_window must not become shorter",
                    "", "Give, for instance, interval '30 days', '90 days' and '365 days'.");
    WithFeatures features(fcinfo, {windows[0], windows[1], windows[2]});
    observe(fcinfo, schedule, features);
    PG_RETURN_NULL();
}

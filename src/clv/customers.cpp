#include "clv/customers.hpp"
#include <cmath>
#include <string>

namespace cd::clv {

using purchase::Stored, purchase::day_of, purchase::micros_per_day;

namespace {

constexpr std::uint8_t version = 1;
constexpr const char *type = "clv_summary";
constexpr double max_purchases = UINT32_MAX;
constexpr std::int64_t max_span = 1 << 20; // days from the first to the last one with a purchase: 2,870 years

bool is_count(double x) { return x >= 0 && x <= max_purchases && x == std::floor(x); }
std::uint64_t whole(double x) { return static_cast<std::uint64_t>(x); }
double get_count(Reader &in) { return static_cast<double>(in.varint(UINT32_MAX)); }
double get_time(Reader &in) {
    const auto time = math::Flat<double>::get(in);
    in.require(time >= 0, "A time is negative.");
    return time;
}

// Hinnant, chrono-compatible low-level date algorithms, civil_from_days: a year begins with March, an era is 400 years.
std::string iso_date(Day day) {
    const std::int64_t since = std::int64_t{day} + 730425, era = (since >= 0 ? since : since - 146096) / 146097,
                       of_era = since - era * 146097,
                       year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365,
                       of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    const auto two = [](std::int64_t n) { return (n < 10 ? "-0" : "-") + std::to_string(n); };
    return std::to_string(year + era * 400 + (month >= 10)) + two(month < 10 ? month + 3 : month - 9) +
           two(of_year - (153 * month + 2) / 5 + 1);
}

std::string in_words(const Frame &frame) {
    std::string words = "unit of " + digits(frame.days()) + " days";
    if (frame.discrete) words += ", opportunities";
    if (frame.as_of) words += ", as of " + iso_date(*frame.as_of);
    if (frame.holdout) words += ", hold-out of " + digits(*frame.holdout) + " units";
    return words;
}

[[noreturn]] void refuse_history(const std::string &what, const History &h, const char *hint) {
    throw Error(sqlstate::invalid_parameter, what,
                "x is " + digits(h.x) + ", t_x is " + digits(h.t_x) + ", t is " + digits(h.t) + ".", hint);
}

} // namespace

std::size_t Seen::flat_size() const { return varint_size(whole(x)) + varint_size(whole(held)) + 2 * sizeof(double); }
std::uint8_t *Seen::put(std::uint8_t *to) const {
    return put_varint(put_fixed(put_fixed(put_varint(to, whole(x)), t_x), t), whole(held));
}
Seen Seen::get(Reader &in) {
    Seen seen;
    seen.x = get_count(in);
    seen.t_x = get_time(in);
    seen.t = get_time(in);
    seen.held = get_count(in);
    in.require(seen.t_x <= seen.t && (seen.t_x > 0) == (seen.x > 0), "A history is impossible.");
    return seen;
}

std::size_t Spent::flat_size() const { return varint_size(whole(x)) + sizeof(double); }
std::uint8_t *Spent::put(std::uint8_t *to) const { return put_fixed(put_varint(to, whole(x)), average); }
Spent Spent::get(Reader &in) {
    Spent spent;
    spent.x = get_count(in);
    spent.average = math::Flat<double>::get(in);
    in.require(spent.x > 0 && spent.average > 0, "An average amount is impossible.");
    return spent;
}

double Frame::in_units(std::int64_t days) const {
    // In double: the product leaves 64 bits at the ends of the range, and is exact for 250 years and more.
    return static_cast<double>(days) * static_cast<double>(purchase::micros_per_day) / static_cast<double>(unit);
}

void check_frame(const Frame &frame) {
    if (frame.holdout && !(*frame.holdout > 0 && std::isfinite(*frame.holdout)))
        throw Error(sqlstate::invalid_parameter, "the hold-out must be longer than zero",
                    "Its length is " + digits(*frame.holdout) + " units.",
                    "It begins after as_of, where the history ends, and ends with a later day.");
    if (frame.holdout && *frame.holdout * frame.days() > static_cast<double>(max_span))
        throw Error(sqlstate::invalid_parameter, "the hold-out is too long",
                    "Its length is " + digits(*frame.holdout) + " units of " + digits(frame.days()) + " days.",
                    "At most " + std::to_string(max_span) + " days are possible.");
    if (frame.discrete && frame.as_of && frame.unit % purchase::micros_per_day != 0)
        throw Error(sqlstate::invalid_parameter, "opportunities must be whole days long",
                    "The unit is " + digits(frame.days()) + " days.",
                    "Purchases are known by day, so that nobody could take those within one.");
}

void check_history(const History &h, bool discrete) {
    if (!is_count(h.x))
        refuse_history("x must be a whole number of repeat purchases", h,
                       "x counts the periods with a purchase after the first one; use NULL for what is not known.");
    if (!(h.t >= 0 && std::isfinite(h.t)) || !(h.t_x >= 0 && std::isfinite(h.t_x)))
        refuse_history("t_x and t must be finite numbers and not negative", h,
                       "Both count from the first purchase, in units.");
    if (h.t_x > h.t)
        refuse_history("t_x must not be after t", h,
                       "t_x is the time from the first to the last purchase, t the time from the first purchase to "
                       "the end of what is known.");
    if ((h.x > 0) != (h.t_x > 0))
        refuse_history("t_x must be 0 without a repeat purchase, and only then", h,
                       "Purchases of the same day count once; t_x is the time from the first to the last one.");
    if (discrete && (h.t_x != std::floor(h.t_x) || h.t != std::floor(h.t) || h.x > h.t_x))
        refuse_history("opportunities must be whole, with at most one purchase each", h,
                       "t counts the opportunities, t_x is the last one with a purchase, x how many had one.");
}

std::optional<History> history_of(const Stored &s, Day as_of, Micros unit) {
    purchase::Repeat r;
    if (!purchase::repeat(s.figures, s.gaps, as_of, unit, r)) return {};
    return History{r.x, r.t_x, r.t};
}

namespace {

// The opportunity that so many days after the first purchase fall into: the first ends with a unit after it.
double opportunity(const Frame &frame, std::int64_t days) { return std::ceil(frame.in_units(days)); }

template <class Visit> void each_repeat_day(const Stored &s, Visit &&visit) {
    if (s.figures.purchases == 0) return;
    const Day first = day_of(s.figures.first);
    each_day(s.figures.day_set(s.gaps), [&](Day day) { return day == first || visit(day); });
}

// A customer's opportunities, and the days with a repeat purchase that fell into them: several may share one.
struct Taken {
    History history;
    double days = 0;
};
template <class Visit>
std::optional<Taken> each_opportunity(const Stored &s, Day as_of, const Frame &frame, Visit &&visit) {
    if (s.figures.purchases == 0 || day_of(s.figures.first) > as_of) return {};
    const Day first = day_of(s.figures.first);
    Taken taken{{0, 0, std::floor(frame.in_units(std::int64_t{as_of} - first))}};
    History &h = taken.history;
    each_repeat_day(s, [&](Day day) {
        const double at = opportunity(frame, std::int64_t{day} - first);
        if (at > h.t) return false;
        ++taken.days;
        if (at > h.t_x) {
            visit(at);
            ++h.x;
            h.t_x = at;
        }
        return true;
    });
    return taken;
}

double average_of_days(const Stored &s) {
    return s.figures.repeat_revenue() / (static_cast<double>(s.figures.days) - 1);
}
// Amounts are known of all days together, so those of the days that count are taken for the average ones.
std::optional<double> average_of(const Stored &s, const Taken &taken) {
    if (taken.history.x == 0) return {};
    return average_of_days(s) * (taken.days / taken.history.x);
}

} // namespace

std::optional<History> opportunities_of(const Stored &s, Day as_of, Micros unit) {
    const auto taken = each_opportunity(s, as_of, {unit, true, as_of, {}}, [](double) {});
    if (!taken) return {};
    return taken->history;
}

std::optional<double> average_of(const Stored &s) {
    if (s.figures.days < 2) return {};
    return average_of_days(s);
}
std::optional<double> average_of(const Stored &s, Day as_of, Micros unit, bool discrete) {
    if (s.figures.purchases > 0 && day_of(s.figures.last) > as_of)
        throw Error(sqlstate::invalid_parameter, "the summary has purchases after as_of",
                    "The last one is on " + iso_date(day_of(s.figures.last)) + ", as_of is " + iso_date(as_of) + ".",
                    "What was spent is known for all purchases together: aggregate those up to as_of alone, for "
                    "instance purchase_agg(…) FILTER (WHERE … <= as_of).");
    if (!discrete) return average_of(s);
    const auto taken = each_opportunity(s, as_of, {unit, true, as_of, {}}, [](double) {});
    if (!taken) return {};
    return average_of(s, *taken);
}

void Customers::grow(std::uint64_t &total, std::uint64_t more) const {
    if (more > INT64_MAX - total) throw Error(sqlstate::out_of_range, "number of customers is out of range");
    total += more;
}

void Customers::set_frame(const Frame &frame) {
    if (framed_ && frame == frame_) [[likely]]
        return;
    if (framed_)
        throw Error(sqlstate::invalid_parameter, "customers of a clv_summary must be seen in the same way",
                    "Some have " + in_words(frame_) + ", others " + in_words(frame) + ".",
                    "Give the same as_of, unit and hold-out for all of them.");
    check_frame(frame);
    frame_ = frame;
    framed_ = true;
}

void Customers::buy(std::int64_t at, std::uint64_t times) {
    if (const std::int64_t i = at - first_bought_; i >= 0 && i < static_cast<std::int64_t>(bought_.size())) [[likely]]
        return grow(bought_[static_cast<std::size_t>(i)], times);
    const std::int64_t first = bought_.empty() ? at : std::min<std::int64_t>(at, first_bought_);
    const std::int64_t end =
        bought_.empty() ? at + 1 : std::max(at + 1, first_bought_ + static_cast<std::int64_t>(bought_.size()));
    if (end - first > max_span || first < INT32_MIN || end > INT32_MAX)
        throw Error(sqlstate::program_limit, "purchases are too far apart",
                    "There are " + std::to_string(end - first) + " days between them; at most " +
                        std::to_string(max_span) + " are possible.",
                    "Look for wrong dates.");
    if (!bought_.empty() && first < first_bought_)
        bought_.insert(bought_.begin(), static_cast<std::size_t>(first_bought_ - first), 0);
    first_bought_ = static_cast<std::int32_t>(first);
    bought_.resize(static_cast<std::size_t>(end - first));
    grow(bought_[static_cast<std::size_t>(at - first)], times);
}

void Customers::add(const History &h, const std::optional<double> &average, double held) {
    check_history(h, frame_.discrete);
    if (!is_count(held) || (held > 0 && !frame_.holdout))
        throw Error(sqlstate::invalid_parameter, "holdout_x must be a whole number of purchases",
                    "holdout_x is " + digits(held) + ".", "It counts the periods with a purchase in the hold-out.");
    if (average && !(*average >= 0 && std::isfinite(*average)))
        throw Error(
            sqlstate::invalid_parameter, "average must be a finite number and not negative",
            "average is " + digits(*average) + ".",
            "It is what a repeat purchase is worth on average; leave refunds out, and scale by a margin later.");
    grow(customers_, 1);
    seen_.add({h.x, h.t_x + 0.0, h.t + 0.0, held}); // -0.0 becomes 0
    if (h.x > 0) {
        if (average && *average > 0) {
            ++spenders_;
            spent_.add({h.x, *average});
        } else {
            ++unpriced_;
        }
    }
    count_if_many();
}

void Customers::add(const Stored &s, const Stored *held, Day holdout_until) {
    const Day as_of = *frame_.as_of;
    if (s.figures.purchases == 0 || day_of(s.figures.first) > as_of) return grow(later_, 1);
    const std::optional<double> average = average_of(s, as_of, frame_.unit, frame_.discrete);
    if (frame_.discrete) {
        const auto at_opportunity = [this](double at) { buy(static_cast<std::int64_t>(at)); };
        return add(each_opportunity(s, as_of, frame_, at_opportunity)->history, average);
    }
    const auto h = history_of(s, as_of, frame_.unit);
    each_repeat_day(s, [&](Day day) {
        buy(std::int64_t{day} - as_of);
        return true;
    });
    double after = 0;
    if (held && held->figures.purchases > 0)
        each_day(held->figures.day_set(held->gaps), [&](Day day) {
            if (day > holdout_until) return false;
            if (day > as_of) {
                ++after;
                buy(std::int64_t{day} - as_of);
            }
            return true;
        });
    add(*h, average, after);
}

void Customers::merge(Bytes flat) {
    if (flat.size() > limit_) refuse_size(type, flat.size(), limit_); // the sum is no smaller
    enum : std::uint8_t { framed = 1, discrete = 2, dated = 4, held_out = 8 };
    Reader in(flat, type);
    in.version(version);
    const auto flags = in.fixed<std::uint8_t>();
    in.require(flags < 16 && (flags & framed || flags == 0), "A flag is unknown.");
    std::uint64_t customers = 0, spenders = 0, bought = 0;
    grow(skipped_, in.varint(INT64_MAX));
    if (flags == 0) return in.end();

    Frame frame;
    frame.unit = static_cast<Micros>(in.varint(INT64_MAX));
    in.require(frame.unit > 0, "Its unit is zero.");
    frame.discrete = flags & discrete;
    if (flags & dated) {
        const std::int64_t day = unzigzag(in.varint(UINT64_MAX));
        in.require(day >= INT32_MIN && day <= INT32_MAX, "Its day is out of range.");
        frame.as_of = static_cast<Day>(day);
    }
    if (flags & held_out) {
        frame.holdout = in.fixed<double>();
        in.require(*frame.holdout > 0 && std::isfinite(*frame.holdout), "Its hold-out is out of range.");
    }
    set_frame(frame);
    grow(customers_, customers = in.varint(INT64_MAX));
    grow(later_, in.varint(INT64_MAX));
    grow(spenders_, spenders = in.varint(INT64_MAX));
    const std::uint64_t unpriced = in.varint(INT64_MAX);
    grow(unpriced_, unpriced);
    std::uint64_t repeaters = 0;
    seen_.merge(in, customers, [&](const Reader &reader, const Seen &seen, std::uint64_t count) {
        reader.require(frame.holdout || seen.held == 0, "It has purchases in no hold-out.");
        reader.require(!frame.discrete ||
                           (seen.t_x == std::floor(seen.t_x) && seen.t == std::floor(seen.t) && seen.x <= seen.t_x),
                       "An opportunity is impossible.");
        if (seen.x > 0) repeaters += count;
    });
    in.require(repeaters >= spenders && repeaters - spenders == unpriced, "Counts do not add up.");
    spent_.merge(in, spenders, [](const Reader &, const Spent &, std::uint64_t) {});
    bought = in.varint(static_cast<std::uint64_t>(max_span));
    in.require(bought == 0 || frame.as_of, "It has purchases at no time.");
    if (bought > 0) {
        const std::int64_t first = unzigzag(in.varint(UINT64_MAX));
        in.require(first >= INT32_MIN && first <= INT32_MAX, "A day is out of range.");
        in.require(bought <= in.left(), "It ends too early.");
        for (std::uint64_t i = 0; i < bought; ++i) {
            const std::uint64_t times = in.varint(INT64_MAX);
            in.require(times > 0 || (i > 0 && i + 1 < bought), "Days without a purchase stand at an end.");
            if (times > 0) buy(first + static_cast<std::int64_t>(i), times);
        }
    }
    in.end();
    count_if_many();
}

void Customers::count_if_many() {
    // Each on its own: where one has few distinct values it is counted often, and the other may have very many.
    const bool seen = seen_.many(), spent = spent_.many();
    if (seen) seen_.count();
    if (spent) spent_.count();
    if (seen || spent) check_size();
}

void Customers::count() const {
    seen_.count();
    spent_.count();
    check_size();
}

void Customers::check_size() const {
    if (const std::size_t size = flat_size(); size > limit_) refuse_size(type, size, limit_);
}

std::size_t Customers::flat_size() const {
    return 2 + 8 * max_varint + sizeof(double) + seen_.flat_size() + spent_.flat_size() + bought_.size() * max_varint;
}

std::uint8_t *Customers::flatten(std::uint8_t *to) const {
    *to++ = version;
    *to++ =
        framed_
            ? static_cast<std::uint8_t>(1 | frame_.discrete << 1 | (frame_.as_of ? 4 : 0) | (frame_.holdout ? 8 : 0))
            : 0;
    to = put_varint(to, skipped_);
    if (!framed_) return to;
    to = put_varint(to, static_cast<std::uint64_t>(frame_.unit));
    if (frame_.as_of) to = put_varint(to, zigzag(*frame_.as_of));
    if (frame_.holdout) to = put_fixed(to, *frame_.holdout);
    for (const std::uint64_t n : {customers_, later_, spenders_, unpriced_}) to = put_varint(to, n);
    to = spent_.flatten(seen_.flatten(to));
    to = put_varint(to, bought_.size());
    if (bought_.empty()) return to;
    to = put_varint(to, zigzag(first_bought_));
    for (const std::uint64_t times : bought_) to = put_varint(to, times);
    return to;
}

namespace {

double sum_of(const Customers &c, double Seen::*purchases) {
    double sum = 0;
    for (std::size_t i = 0; i < c.seen().size(); ++i) {
        c.poll().every(i);
        sum += static_cast<double>(c.seen()[i].count) * (c.seen()[i].value.*purchases);
    }
    return sum;
}

} // namespace

double repeat_purchases(const Customers &c) { return sum_of(c, &Seen::x); }
double held_out_purchases(const Customers &c) { return sum_of(c, &Seen::held); }

void check_consistent(const Customers &customers) {
    if (customers.empty() || !customers.frame().as_of) return;
    // In 128 bits: counts times purchases.
    unsigned __int128 before = 0, after = 0;
    for (std::size_t i = 0; i < customers.seen().size(); ++i) {
        customers.poll().every(i);
        const auto &[seen, count] = customers.seen()[i];
        before += static_cast<unsigned __int128>(whole(seen.x)) * count;
        after += static_cast<unsigned __int128>(whole(seen.held)) * count;
    }
    for (std::size_t i = 0; i < customers.bought().size(); ++i) {
        const std::int64_t at = customers.first_bought() + static_cast<std::int64_t>(i);
        unsigned __int128 &left = customers.frame().discrete || at <= 0 ? before : after;
        const std::uint64_t times = customers.bought()[i];
        if (times > left || (customers.frame().discrete && at < 1))
            throw Error(sqlstate::invalid_binary, "invalid clv_summary", "Its purchases by day do not add up.",
                        "Values of this type come from its aggregate; pass them on unchanged.");
        left -= times;
    }
    if (before > 0 || after > 0)
        throw Error(sqlstate::invalid_binary, "invalid clv_summary", "Its purchases by day do not add up.",
                    "Values of this type come from its aggregate; pass them on unchanged.");
}

} // namespace cd::clv

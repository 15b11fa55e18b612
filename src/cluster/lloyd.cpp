#include "cluster/lloyd.hpp"
#include "cluster/kmeans_seed.hpp"
#include "math/sum.hpp"
#include <array>
#include <cfloat>
#include <cmath>
#include <numeric>

namespace cd::cluster {

namespace {

constexpr std::size_t block = 4096;
constexpr std::uint32_t nowhere = UINT32_MAX;

// Per cluster: weight, weighted numbers, and the weight of every level of every category. Neumaier's compensation keeps
// what comes and goes over many iterations from leaving a trace, so that a mean depends on the members alone.
class Totals {
  public:
    Totals(const Points &points, std::size_t k)
        : points_(points), first_level_(points.categories + 1, 1 + points.numbers), rows_(k) {
        for (std::size_t j = 0; j < points.categories; ++j) first_level_[j + 1] = first_level_[j] + points.levels[j];
        width_ = first_level_.back();
        high_.resize(k * width_);
        low_.resize(k * width_);
    }
    void move(std::size_t row, std::uint32_t from, std::uint32_t to) {
        const double weight = points_.weight_of(row);
        if (from != nowhere) {
            --rows_[from];
            add(row, from, -weight);
        }
        ++rows_[to];
        add(row, to, weight);
    }
    std::size_t rows(std::size_t c) const { return rows_[c]; }
    double weight(std::size_t c) const { return rows_[c] ? value(c, 0) : 0; }
    double mean(std::size_t c, std::size_t j) const { return value(c, 1 + j) / weight(c); }
    std::uint32_t mode(std::size_t c, std::size_t j) const {
        std::size_t best = first_level_[j];
        for (std::size_t at = best; at < first_level_[j + 1]; ++at)
            if (value(c, at) > value(c, best)) best = at;
        return static_cast<std::uint32_t>(best - first_level_[j]);
    }
    ClusterTotals told() const {
        ClusterTotals totals;
        for (const std::size_t first : first_level_) totals.first.push_back(first - first_level_.front());
        for (std::size_t c = 0; c < rows_.size(); ++c) {
            totals.rows.push_back(rows_[c]);
            totals.weight.push_back(weight(c));
            for (std::size_t j = 0; j < points_.numbers; ++j) totals.number.push_back(rows_[c] ? mean(c, j) : 0);
            for (std::size_t at = first_level_.front(); at < width_; ++at) totals.level.push_back(value(c, at));
        }
        return totals;
    }
    void reorder(const std::vector<std::uint32_t> &order) {
        permute(rows_, order, 1);
        permute(high_, order, width_);
        permute(low_, order, width_);
    }
    // Cluster order[c] becomes cluster c.
    template <class T>
    static void permute(std::vector<T> &of_clusters, const std::vector<std::uint32_t> &order, std::size_t width) {
        std::vector<T> old(of_clusters);
        for (std::size_t c = 0; c < order.size(); ++c)
            std::copy_n(old.data() + order[c] * width, width, of_clusters.data() + c * width);
    }

  private:
    double value(std::size_t c, std::size_t at) const { return high_[c * width_ + at] + low_[c * width_ + at]; }
    void add(std::size_t row, std::size_t c, double weight) {
        double *high = &high_[c * width_], *low = &low_[c * width_];
        const auto add_at = [high, low](std::size_t at, double x) {
            double error;
            high[at] = math::two_sum(high[at], x, error);
            low[at] += error;
        };
        add_at(0, weight);
        const double *number = points_.numbers_of(row);
        for (std::size_t j = 0; j < points_.numbers; ++j) add_at(1 + j, weight * number[j]);
        const std::uint32_t *code = points_.codes_of(row);
        for (std::size_t j = 0; j < points_.categories; ++j) add_at(first_level_[j] + code[j], weight);
    }

    const Points &points_;
    std::size_t width_;
    std::vector<std::size_t> first_level_, rows_;
    std::vector<double> high_, low_;
};

// Lloyd's iterations, looking only at rows that may change (Hamerly 2010). Of a row that was measured we know the gap
// between its nearest and second nearest centre; it closes at most by how far its own centre moved plus the farthest
// that any other did. So each cluster adds these up to its `drift`, and a row keeps the drift up to which its label is
// certain: nothing is to be written for rows that stay.
class Lloyd {
  public:
    Lloyd(const Points &points, std::size_t k, std::vector<double> centre, std::vector<std::uint32_t> mode, Poll poll);
    void run(int most_iterations, bool exchanges, double still);
    Kmeans result();

  private:
    bool assign();
    std::size_t assign_block(std::size_t begin, std::size_t end);
    double update();
    void recentre(std::size_t c);
    bool exchange();
    double apart(std::size_t row, std::size_t c) const;
    double wss() const;
    void repair(std::uint32_t empty);
    bool sort();
    void place(std::size_t c);
    double square(std::size_t row, std::size_t c) const;
    double movement(std::size_t c, const double *number, const std::uint32_t *code) const;

    const Points &points_;
    std::size_t k_;
    Poll poll_;
    std::vector<double> centre_;
    std::vector<std::uint32_t> mode_;
    Centres centres_;
    Totals totals_;
    std::vector<std::uint32_t> label_;
    std::vector<float> certain_; // rounded down
    std::vector<double> drift_;
    std::vector<double> squares_;
    double slack_; // relative error of a distance as computed, generously
    int iterations_ = 0;
    bool converged_ = false;
};

Lloyd::Lloyd(const Points &points, std::size_t k, std::vector<double> centre, std::vector<std::uint32_t> mode,
             Poll poll)
    : points_(points), k_(k), poll_(poll), centre_(std::move(centre)), mode_(std::move(mode)), centres_(k, points),
      totals_(points, k), label_(points.rows, nowhere), certain_(points.rows, -1), drift_(k),
      squares_(centres_.padded()), slack_(static_cast<double>(points.numbers + points.categories + 8) * DBL_EPSILON) {
    for (std::size_t c = 0; c < k; ++c)
        centres_.set(c, centre_.data() + c * points.numbers, mode_.data() + c * points.categories);
}

void Lloyd::place(std::size_t c) {
    centres_.set(c, centre_.data() + c * points_.numbers, mode_.data() + c * points_.categories);
}

double Lloyd::square(std::size_t row, std::size_t c) const {
    return movement(c, points_.numbers_of(row), points_.codes_of(row));
}

// The squared distance of a cluster's centre from anywhere.
double Lloyd::movement(std::size_t c, const double *number, const std::uint32_t *code) const {
    return points_.square(number, code, centre_.data() + c * points_.numbers, mode_.data() + c * points_.categories);
}

// Gives every row the nearest centre; says whether any row changed its own.
bool Lloyd::assign() {
    std::size_t changed = 0;
    for (std::size_t begin = 0; begin < points_.rows; begin += block) {
        poll_();
        changed += assign_block(begin, std::min(points_.rows, begin + block));
    }
    return changed > 0;
}

std::size_t Lloyd::assign_block(std::size_t begin, std::size_t end) {
    std::array<std::uint16_t, block> open; // found first: measuring them then runs without surprises
    std::size_t n = 0, changed = 0;
    for (std::size_t row = begin; row < end; ++row) {
        open[n] = static_cast<std::uint16_t>(row - begin);
        const std::uint32_t label = label_[row];
        n += label == nowhere || !(certain_[row] > drift_[label]);
    }
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t row = begin + open[i];
        const Nearest found = nearest(centres_, points_.numbers_of(row), points_.codes_of(row), squares_.data());
        const auto to = static_cast<std::uint32_t>(found.point);
        // One factor takes care of all that is rounded: the distances here and later, and this to a float.
        const double gap = std::sqrt(found.next) * (1 - slack_) - std::sqrt(found.square) * (1 + slack_);
        certain_[row] = static_cast<float>(std::min<double>((gap + drift_[to]) * (1 - 0x1p-22), FLT_MAX));
        if (to == label_[row]) continue;
        totals_.move(row, label_[row], to);
        label_[row] = to;
        ++changed;
    }
    return changed;
}

void Lloyd::recentre(std::size_t c) {
    for (std::size_t j = 0; j < points_.numbers; ++j) {
        const double mean = totals_.mean(c, j);
        if (!std::isfinite(mean)) refuse_range();
        centre_[c * points_.numbers + j] = mean;
    }
    for (std::size_t j = 0; j < points_.categories; ++j) mode_[c * points_.categories + j] = totals_.mode(c, j);
    place(c);
}

// Moves every centre to the mean and the modes of its members. Returns the sum of the squared movements.
double Lloyd::update() {
    const std::vector<double> old_centre = centre_;
    const std::vector<std::uint32_t> old_mode = mode_;
    for (std::uint32_t c = 0; c < k_; ++c)
        if (totals_.rows(c) == 0) repair(c);
    std::vector<double> moved(k_);
    std::size_t farthest = 0;
    double sum = 0;
    for (std::size_t c = 0; c < k_; ++c) {
        recentre(c);
        const double square =
            movement(c, old_centre.data() + c * points_.numbers, old_mode.data() + c * points_.categories);
        sum += square;
        moved[c] = std::sqrt(square) * (1 + 4 * slack_);
        if (moved[c] > moved[farthest]) farthest = c;
    }
    double second = 0;
    for (std::size_t c = 0; c < k_; ++c)
        if (c != farthest) second = std::max(second, moved[c]);
    for (std::size_t c = 0; c < k_; ++c) drift_[c] += moved[c] + (c == farthest ? second : moved[farthest]);
    return sum;
}

// Moves single rows between clusters where that alone lowers the sum of squares (Hartigan 1975): a row of weight w that
// leaves a cluster of weight W saves W / (W - w) of its square, and one that enters adds W / (W + w), for the mean goes
// along. Modes may only help, so their part counts as it is. What this cannot better, assign() leaves alone, but not
// the other way round: so Lloyd's iterations end in fewer bad places. Says whether any row moved.
bool Lloyd::exchange() {
    bool any = false;
    for (std::size_t row = 0; row < points_.rows; ++row) {
        poll_.every(row);
        const std::uint32_t from = label_[row];
        if (totals_.rows(from) < 2) continue;
        centres_.measure(points_.numbers_of(row), points_.codes_of(row), squares_.data());
        const double weight = points_.weight_of(row);
        const auto cost = [&](std::uint32_t c, double change) {
            const double fixed = apart(row, c), all = totals_.weight(c);
            return (squares_[c] - fixed) * all / (all + change) + fixed;
        };
        double least = cost(from, -weight) * (1 - 1e-9); // no moves to and fro by rounding
        std::uint32_t to = from;
        for (std::uint32_t c = 0; c < k_; ++c) {
            if (c == from) continue;
            if (const double here = cost(c, weight); here < least) {
                least = here;
                to = c;
            }
        }
        if (to == from) continue;
        any = true;
        totals_.move(row, from, to);
        label_[row] = to;
        recentre(from);
        recentre(to);
    }
    if (any) std::fill(certain_.begin(), certain_.end(), -1.0F);
    return any;
}

// What a row's categories add to its squared distance.
double Lloyd::apart(std::size_t row, std::size_t c) const {
    double sum = 0;
    for (std::size_t j = 0; j < points_.categories; ++j)
        if (points_.codes_of(row)[j] != mode_[c * points_.categories + j]) sum += points_.mismatch;
    return sum;
}

// An empty cluster gets the row that is farthest from its centre, the first of equally far ones.
void Lloyd::repair(std::uint32_t empty) {
    std::size_t farthest = points_.rows;
    double most = -1;
    for (std::size_t row = 0; row < points_.rows; ++row) {
        poll_.every(row);
        if (totals_.rows(label_[row]) < 2) continue;
        if (const double square_of_row = square(row, label_[row]); square_of_row > most) {
            most = square_of_row;
            farthest = row;
        }
    }
    if (farthest == points_.rows) return;
    totals_.move(farthest, label_[farthest], empty);
    label_[farthest] = empty;
    certain_[farthest] = -1;
    std::copy_n(points_.numbers_of(farthest), points_.numbers, centre_.data() + empty * points_.numbers);
    std::copy_n(points_.codes_of(farthest), points_.categories, mode_.data() + empty * points_.categories);
}

// Numbers the clusters by size; says whether that was anything new.
bool Lloyd::sort() {
    std::vector<std::uint32_t> order(k_), rank(k_);
    std::iota(order.begin(), order.end(), 0);
    const auto compare = [](const auto &values, std::size_t width, std::size_t a, std::size_t b) {
        const auto *x = values.data() + a * width, *y = values.data() + b * width;
        return std::lexicographical_compare_three_way(x, x + width, y, y + width);
    };
    std::sort(order.begin(), order.end(), [this, compare](std::uint32_t a, std::uint32_t b) {
        if (totals_.weight(a) != totals_.weight(b)) return totals_.weight(a) > totals_.weight(b);
        if (const auto c = compare(centre_, points_.numbers, a, b); c != 0) return c < 0;
        return compare(mode_, points_.categories, a, b) < 0;
    });
    if (std::is_sorted(order.begin(), order.end())) return false;
    for (std::uint32_t c = 0; c < k_; ++c) rank[order[c]] = c;
    Totals::permute(centre_, order, points_.numbers);
    Totals::permute(mode_, order, points_.categories);
    Totals::permute(drift_, order, 1);
    totals_.reorder(order);
    for (std::size_t c = 0; c < k_; ++c) place(c);
    for (std::size_t row = 0; row < points_.rows; ++row) {
        poll_.every(row);
        label_[row] = rank[label_[row]];
    }
    return true;
}

// The numbers of the clusters decide between equally near centres. So once the clusters are sorted, rows that lie
// just between two may still change, and then it goes on.
void Lloyd::run(int most_iterations, bool exchanges, double still) {
    exchanges = exchanges && points_.rows <= exact_rows;
    bool changed = assign(), settled = false;
    for (;; changed = assign()) {
        if (changed && (settled || iterations_ == most_iterations)) break;
        if (changed) {
            settled = update() <= still;
            ++iterations_;
        } else if (exchanges && iterations_ < most_iterations && exchange()) {
            ++iterations_;
        } else if (!sort()) {
            break;
        }
    }
    converged_ = !changed || settled;
    if (changed && sort()) assign();
}

double Lloyd::wss() const {
    math::Sum sum;
    for (std::size_t begin = 0; begin < points_.rows; begin += block) {
        poll_();
        double part = 0;
        for (std::size_t row = begin; row < std::min(points_.rows, begin + block); ++row)
            part += points_.weight_of(row) * square(row, label_[row]);
        sum.add(part);
    }
    if (!sum.finite()) refuse_range();
    return sum.value();
}

Kmeans Lloyd::result() {
    const double sum = wss();
    Kmeans found;
    found.k = k_;
    found.centre = std::move(centre_);
    found.mode = std::move(mode_);
    found.label = std::move(label_);
    for (std::size_t c = 0; c < k_; ++c) found.size.push_back(totals_.weight(c));
    found.totals = totals_.told();
    found.wss = sum;
    found.iterations = iterations_;
    found.converged = converged_;
    return found;
}

} // namespace

Kmeans lloyd(const Points &points, std::size_t k, std::vector<double> centre, std::vector<std::uint32_t> mode,
             const LloydOptions &options, Poll poll) {
    Lloyd lloyd(points, k, std::move(centre), std::move(mode), poll);
    lloyd.run(options.max_iterations, options.exchanges, options.still);
    return lloyd.result();
}

} // namespace cd::cluster

// Scores and segment names as values, made once per query: there are few, and there may be millions of rows.
#pragma once
#include "pg/rows.hpp"
#include "pg/varlena.hpp"
#include "rfm/rfm.hpp"

namespace cd::rfm {

// The composite rfm_score of every score that has been seen. Plain data, kept in fn_extra.
class ScoreDatums {
  public:
    // Of a function that returns rfm_score. Nothing with a destructor may be alive.
    static ScoreDatums &of(FunctionCallInfo fcinfo) {
        FmgrInfo *const function = fcinfo->flinfo;
        if (!function->fn_extra) {
            auto *const scores =
                static_cast<ScoreDatums *>(MemoryContextAllocZero(function->fn_mcxt, sizeof(ScoreDatums)));
            scores->context_ = function->fn_mcxt;
            scores->row_ = pg::new_result_row(fcinfo);
            function->fn_extra = scores;
        }
        return *static_cast<ScoreDatums *>(function->fn_extra);
    }
    Datum operator()(Score s, bool more_than_9_bins) {
        if (more_than_9_bins) return make(s, true);
        Datum &kept = kept_[s.recency][s.frequency][s.monetary];
        if (!kept) {
            MemoryContext const previous = MemoryContextSwitchTo(context_);
            kept = make(s, false);
            MemoryContextSwitchTo(previous);
        }
        return kept;
    }

  private:
    Datum make(Score s, bool more_than_9_bins) const {
        const Code code = code_of(s, more_than_9_bins);
        Datum values[] = {Int16GetDatum(s.recency), Int16GetDatum(s.frequency), Int16GetDatum(s.monetary),
                          pg::text_datum({code.text, code.size})};
        bool nulls[] = {false, false, false, false};
        return pg::row_datum(row_, values, nulls);
    }
    MemoryContext context_;
    TupleDesc row_;
    Datum kept_[10][10][10];
};

} // namespace cd::rfm

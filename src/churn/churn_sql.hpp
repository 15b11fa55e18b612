// What the bindings of models of churn share.
#pragma once
#include "churn/churn_model.hpp"
#include "dataset/model_sql.hpp"
#include "pg/varlena.hpp"

//! Write transactions. Built with the feature `crash-points`, each has crash points around
//! everything that it does; otherwise it is SeaORM's own.

#[cfg(not(feature = "crash-points"))]
pub use plain::{WriteTransaction, begin, savepoint};
#[cfg(feature = "crash-points")]
pub use with_crash_points::{WriteTransaction, begin, savepoint};

#[cfg(not(feature = "crash-points"))]
mod plain {
    use sea_orm::{DatabaseTransaction, DbErr, TransactionTrait};

    /// A write transaction, or a savepoint in one. Dropped without a commit, it is rolled back.
    pub type WriteTransaction = DatabaseTransaction;

    pub async fn begin(
        _unit: &'static str,
        beginning: impl Future<Output = Result<DatabaseTransaction, DbErr>>,
    ) -> Result<WriteTransaction, DbErr> {
        beginning.await
    }

    /// Begins a savepoint, which can be rolled back without the rest of the transaction.
    pub async fn savepoint(transaction: &WriteTransaction) -> Result<WriteTransaction, DbErr> {
        transaction.begin().await
    }
}

#[cfg(feature = "crash-points")]
mod with_crash_points {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex, PoisonError};

    use sea_orm::prelude::async_trait::async_trait;
    use sea_orm::{
        ConnectionTrait, DatabaseExecutor, DatabaseTransaction, DbBackend, DbErr, ExecResult,
        IntoDatabaseExecutor, QueryResult, Statement, TransactionTrait,
    };

    use crate::crash_points::{is_watched, reach};

    /// A write transaction, or a savepoint in one. Dropped without a commit, it is rolled back.
    ///
    /// Its crash points are `UNIT:before-begin`, `UNIT:insert-TABLE:before` and `…:after` (also
    /// `update`, `delete`, and `insert-TABLE-2` for the second one), `UNIT:before-commit` and
    /// `UNIT:after-commit`. Those of a savepoint end in `-savepoint`.
    #[derive(Debug)]
    pub struct WriteTransaction {
        transaction: DatabaseTransaction,
        unit: &'static str,
        end: End,
        /// How often each kind of statement was executed, savepoints included.
        executed: Arc<Mutex<HashMap<String, u32>>>,
    }

    /// The crash points before and after the commit.
    #[derive(Clone, Copy, Debug)]
    struct End {
        before: &'static str,
        after: &'static str,
    }

    pub async fn begin(
        unit: &'static str,
        beginning: impl Future<Output = Result<DatabaseTransaction, DbErr>>,
    ) -> Result<WriteTransaction, DbErr> {
        reach(unit, "before-begin");
        Ok(WriteTransaction {
            transaction: beginning.await?,
            unit,
            end: End {
                before: "before-commit",
                after: "after-commit",
            },
            executed: Arc::default(),
        })
    }

    /// Begins a savepoint, which can be rolled back without the rest of the transaction.
    pub async fn savepoint(within: &WriteTransaction) -> Result<WriteTransaction, DbErr> {
        Ok(WriteTransaction {
            transaction: within.transaction.begin().await?,
            unit: within.unit,
            end: End {
                before: "before-savepoint",
                after: "after-savepoint",
            },
            executed: Arc::clone(&within.executed),
        })
    }

    impl WriteTransaction {
        /// Commits the transaction.
        ///
        /// # Errors
        /// If the database fails. It is unknown then whether the transaction was committed.
        pub async fn commit(self) -> Result<(), DbErr> {
            reach(self.unit, self.end.before);
            self.transaction.commit().await?;
            reach(self.unit, self.end.after);
            Ok(())
        }

        /// Rolls the transaction back.
        ///
        /// # Errors
        /// If the database fails. It rolls the transaction back then, too.
        pub async fn rollback(self) -> Result<(), DbErr> {
            self.transaction.rollback().await
        }

        /// Executes a statement between two crash points, if it writes.
        async fn execute<T>(&self, kind: Option<String>, executing: impl Future<Output = T>) -> T {
            let Some(kind) = kind else {
                return executing.await;
            };
            let name = self.count(kind);
            reach(self.unit, &format!("{name}:before"));
            let executed = executing.await;
            reach(self.unit, &format!("{name}:after"));
            executed
        }

        /// Counts a statement of this kind. Returns its name in the transaction.
        fn count(&self, kind: String) -> String {
            let mut executed = self.executed.lock().unwrap_or_else(PoisonError::into_inner);
            let count = executed.entry(kind.clone()).or_default();
            *count += 1;
            match *count {
                1 => kind,
                count => format!("{kind}-{count}"),
            }
        }
    }

    /// For the migrations, whose statements have no crash points.
    impl<'c> IntoDatabaseExecutor<'c> for &'c WriteTransaction {
        fn into_database_executor(self) -> DatabaseExecutor<'c> {
            (&self.transaction).into_database_executor()
        }
    }

    /// The verb and the table of a statement that writes. `None` if it only reads, or nobody asks.
    fn kind(sql: &str) -> Option<String> {
        if !is_watched() {
            return None;
        }
        let mut words = sql.split_ascii_whitespace();
        let verb = words.next()?.to_ascii_lowercase();
        let table = match verb.as_str() {
            "insert" | "delete" => words.nth(1)?,
            "update" => words.next()?,
            _ => return None,
        };
        let table = table.trim_matches('"');
        Some(format!("{verb}-{table}"))
    }

    #[async_trait]
    impl ConnectionTrait for WriteTransaction {
        fn get_database_backend(&self) -> DbBackend {
            self.transaction.get_database_backend()
        }

        async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
            let kind = kind(&statement.sql);
            self.execute(kind, self.transaction.execute_raw(statement))
                .await
        }

        async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
            self.execute(kind(sql), self.transaction.execute_unprepared(sql))
                .await
        }

        async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
            let kind = kind(&statement.sql);
            self.execute(kind, self.transaction.query_one_raw(statement))
                .await
        }

        async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
            let kind = kind(&statement.sql);
            self.execute(kind, self.transaction.query_all_raw(statement))
                .await
        }
    }
}

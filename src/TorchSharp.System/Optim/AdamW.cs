using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Adam with weight decay apart from the gradient (Loshchilov and Hutter 2019).</summary>
    public class AdamW : OptimizerHelper, optim.IBetas
    {
        /// <summary>Groups of parameters; the other arguments are for what their options leave open.</summary>
        public AdamW(IEnumerable<ParamGroup> parameters, double lr = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-08, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        {
            _defaults = OptionsOf(lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
            foreach (ParamGroup group in parameters) add_param_group(group);
        }

        /// <summary>Parameters that share options.</summary>
        public AdamW(IEnumerable<Parameter> parameters, double lr = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-08, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
            : this([new ParamGroup(parameters, new Options())], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
        {
        }

        private static Options OptionsOf(double lr, double beta1, double beta2, double eps, double weight_decay, bool amsgrad, bool maximize) => new()
        {
            LearningRate = lr,
            InitialLearningRate = lr,
            beta1 = beta1,
            beta2 = beta2,
            eps = eps,
            weight_decay = weight_decay,
            amsgrad = amsgrad,
            maximize = maximize,
        };

        /// <summary>The decay rates of groups added from now on that leave theirs open.</summary>
        public (double, double) Betas
        {
            get => (((Options)_defaults).beta1!.Value, ((Options)_defaults).beta2!.Value);
            set => (((Options)_defaults).beta1, ((Options)_defaults).beta2) = value;
        }

        /// <inheritdoc/>
        public override void add_param_group(Modules.ParamGroup param_group)
        {
            var defaults = (Options)_defaults;
            param_group.Options ??= new Options();
            var options = (Options)param_group.Options;
            options.LearningRate ??= defaults.LearningRate;
            options.InitialLearningRate = options.LearningRate!.Value;
            options.beta1 ??= defaults.beta1;
            options.beta2 ??= defaults.beta2;
            options.eps ??= defaults.eps;
            options.weight_decay ??= defaults.weight_decay;
            options.amsgrad ??= defaults.amsgrad;
            options.maximize ??= defaults.maximize;
            param_group.Parameters = param_group.Parameters.ToList();
            base.add_param_group(param_group);
            foreach (Parameter parameter in param_group.Parameters) AddState(parameter, new State(parameter), options);
        }

        /// <inheritdoc/>
        public override Tensor step(Func<Tensor> closure = null!) => _step<ParamGroup>(group =>
        {
            Options options = group.Options;
            foreach (Parameter parameter in group.Parameters) Step(parameter, options, (State)StateOf(parameter));
        }, closure);

        private static void Step(Parameter parameter, Options options, State state)
        {
            Tensor? grad = parameter.grad;
            if (grad is null) return;
            double rate = options.LearningRate!.Value, beta1 = options.beta1!.Value, beta2 = options.beta2!.Value, decay = options.weight_decay!.Value;
            if (options.maximize!.Value) grad = -grad;
            if (decay != 0) parameter.mul_(1 - rate * decay);
            state.step++;
            AdamUpdate.Apply(parameter, grad, state.exp_avg, state.exp_avg_sq, options.amsgrad!.Value ? state.max_exp_avg_sq : null,
                state.step, rate, beta1, beta2, options.eps!.Value);
        }

        /// <summary>Options of a group; null means the optimizer's.</summary>
        public class Options : OptimizerOptions
        {
            /// <summary>Decay of the mean gradient.</summary>
            public double? beta1;

            /// <summary>Decay of the mean squared gradient.</summary>
            public double? beta2;

            /// <summary>Added to the denominator.</summary>
            public double? eps;

            /// <summary>How much of the weights each step takes away, times the learning rate.</summary>
            public double? weight_decay;

            /// <summary>Whether the denominator never falls.</summary>
            public bool? amsgrad;

            /// <summary>Whether to climb.</summary>
            public bool? maximize;

            /// <inheritdoc/>
            public override void LoadStateDict(OptimizerOptions source)
            {
                base.LoadStateDict(source);
                var other = (Options)source;
                beta1 = other.beta1;
                beta2 = other.beta2;
                eps = other.eps;
                weight_decay = other.weight_decay;
                amsgrad = other.amsgrad;
                maximize = other.maximize;
            }
        }

        /// <summary>What is remembered of a parameter.</summary>
        public sealed class State : OptimizerState, IDisposable
        {
            /// <summary>Steps taken.</summary>
            public long step;

            /// <summary>The mean gradient.</summary>
            public Tensor exp_avg = null!;

            /// <summary>The mean squared gradient.</summary>
            public Tensor exp_avg_sq = null!;

            /// <summary>The greatest mean squared gradient; null without amsgrad.</summary>
            public Tensor max_exp_avg_sq = null!;

            /// <summary>Nothing remembered yet.</summary>
            public State(Parameter parameter) : base(parameter)
            {
            }

            /// <inheritdoc/>
            public override void Initialize(OptimizerOptions options)
            {
                Dispose();
                step = 0;
                using IDisposable mode = no_grad();
                exp_avg = _parameter.zeros_like().DetachFromDisposeScope();
                exp_avg_sq = _parameter.zeros_like().DetachFromDisposeScope();
                max_exp_avg_sq = ((Options)options).amsgrad == true ? _parameter.zeros_like().DetachFromDisposeScope() : null!;
            }

            /// <inheritdoc/>
            public override void LoadStateDict(OptimizerState source)
            {
                var other = (State)source;
                step = other.step;
                Assign(ref exp_avg, other.exp_avg);
                Assign(ref exp_avg_sq, other.exp_avg_sq);
                Assign(ref max_exp_avg_sq, other.max_exp_avg_sq);
            }

            /// <inheritdoc/>
            public override void to(Device device)
            {
                Move(ref exp_avg, device);
                Move(ref exp_avg_sq, device);
                Move(ref max_exp_avg_sq, device);
            }

            /// <summary>Releases the tensors.</summary>
            public void Dispose()
            {
                exp_avg?.Dispose();
                exp_avg_sq?.Dispose();
                max_exp_avg_sq?.Dispose();
            }
        }

        /// <summary>Parameters that share options.</summary>
        public class ParamGroup : ParamGroup<Options>, optim.IBetas
        {
            /// <summary>Parameters and their options.</summary>
            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
            {
            }

            /// <summary>Parameters and their options.</summary>
            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-08, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
                : base(parameters, OptionsOf(lr, beta1, beta2, eps, weight_decay, amsgrad, maximize))
            {
            }

            /// <summary>The decay rates.</summary>
            public (double, double) Betas
            {
                get => (Options.beta1!.Value, Options.beta2!.Value);
                set => (Options.beta1, Options.beta2) = value;
            }
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Adam with weight decay apart from the gradient (Loshchilov and Hutter 2019).</summary>
            public static Modules.AdamW AdamW(IEnumerable<Modules.Parameter> parameters, double lr = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-08, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            /// <summary>Adam with weight decay apart from the gradient (Loshchilov and Hutter 2019).</summary>
            public static Modules.AdamW AdamW(IEnumerable<(string name, Modules.Parameter parameter)> parameters, double lr = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-08, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters.Select(entry => entry.parameter), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            /// <summary>Adam with weight decay apart from the gradient (Loshchilov and Hutter 2019).</summary>
            public static Modules.AdamW AdamW(IEnumerable<Modules.AdamW.ParamGroup> parameters, double lr = 0.001, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-08, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}

using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Steps down the gradient, with momentum if wanted.</summary>
    public class SGD : OptimizerHelper, optim.IMomentum
    {
        /// <summary>Groups of parameters; the other arguments are for what their options leave open.</summary>
        public SGD(IEnumerable<ParamGroup> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
        {
            if (nesterov && (momentum <= 0 || dampening != 0)) throw new ArgumentException("Nesterov momentum requires a momentum and zero dampening");
            _defaults = OptionsOf(lr, momentum, dampening, weight_decay, nesterov, maximize);
            foreach (ParamGroup group in parameters) add_param_group(group);
        }

        /// <summary>Parameters that share options.</summary>
        public SGD(IEnumerable<Parameter> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
            : this([new ParamGroup(parameters, new Options())], lr, momentum, dampening, weight_decay, nesterov, maximize)
        {
        }

        private static Options OptionsOf(double lr, double momentum, double dampening, double weight_decay, bool nesterov, bool maximize) => new()
        {
            LearningRate = lr,
            InitialLearningRate = lr,
            momentum = momentum,
            dampening = dampening,
            weight_decay = weight_decay,
            nesterov = nesterov,
            maximize = maximize,
        };

        /// <summary>The momentum of groups added from now on that leave theirs open.</summary>
        public double Momentum
        {
            get => ((Options)_defaults).momentum!.Value;
            set => ((Options)_defaults).momentum = value;
        }

        /// <inheritdoc/>
        public override void add_param_group(Modules.ParamGroup param_group)
        {
            var defaults = (Options)_defaults;
            param_group.Options ??= new Options();
            var options = (Options)param_group.Options;
            options.LearningRate ??= defaults.LearningRate;
            options.InitialLearningRate = options.LearningRate!.Value;
            options.momentum ??= defaults.momentum;
            options.dampening ??= defaults.dampening;
            options.weight_decay ??= defaults.weight_decay;
            options.nesterov ??= defaults.nesterov;
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
            double rate = options.LearningRate!.Value, momentum = options.momentum!.Value, decay = options.weight_decay!.Value;
            if (decay != 0) grad = grad.add(parameter, decay);
            if (momentum != 0)
            {
                if (state.momentum_buffer is null) state.momentum_buffer = grad.detach().clone().DetachFromDisposeScope();
                else state.momentum_buffer.mul_(momentum).add_(grad, 1 - options.dampening!.Value);
                grad = options.nesterov!.Value ? grad.add(state.momentum_buffer, momentum) : state.momentum_buffer;
            }
            parameter.add_(grad, options.maximize!.Value ? rate : -rate);
        }

        /// <summary>Options of a group; null means the optimizer's.</summary>
        public class Options : OptimizerOptions
        {
            /// <summary>How much of the last step is repeated.</summary>
            public double? momentum;

            /// <summary>How much of the gradient the momentum leaves out.</summary>
            public double? dampening;

            /// <summary>How much of the weights is added to the gradient.</summary>
            public double? weight_decay;

            /// <summary>Whether the gradient is taken after the momentum's step.</summary>
            public bool? nesterov;

            /// <summary>Whether to climb.</summary>
            public bool? maximize;

            /// <inheritdoc/>
            public override void LoadStateDict(OptimizerOptions source)
            {
                base.LoadStateDict(source);
                var other = (Options)source;
                momentum = other.momentum;
                dampening = other.dampening;
                weight_decay = other.weight_decay;
                nesterov = other.nesterov;
                maximize = other.maximize;
            }
        }

        /// <summary>What is remembered of a parameter.</summary>
        public sealed class State : OptimizerState, IDisposable
        {
            /// <summary>The step that momentum repeats; null before the first.</summary>
            public Tensor momentum_buffer = null!;

            /// <summary>Nothing remembered yet.</summary>
            public State(Parameter parameter) : base(parameter)
            {
            }

            /// <inheritdoc/>
            public override void Initialize(OptimizerOptions options)
            {
                Dispose();
                momentum_buffer = null!;
            }

            /// <inheritdoc/>
            public override void LoadStateDict(OptimizerState source) => Assign(ref momentum_buffer, ((State)source).momentum_buffer);

            /// <inheritdoc/>
            public override void to(Device device) => Move(ref momentum_buffer, device);

            /// <summary>Releases the tensor.</summary>
            public void Dispose() => momentum_buffer?.Dispose();
        }

        /// <summary>Parameters that share options.</summary>
        public class ParamGroup : ParamGroup<Options>, optim.IMomentum
        {
            /// <summary>Parameters and their options.</summary>
            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
            {
            }

            /// <summary>Parameters and their options.</summary>
            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 0.001, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
                : base(parameters, OptionsOf(lr, momentum, dampening, weight_decay, nesterov, maximize))
            {
            }

            /// <summary>How much of the last step is repeated.</summary>
            public double Momentum
            {
                get => Options.momentum!.Value;
                set => Options.momentum = value;
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
            /// <summary>Steps down the gradient, with momentum if wanted.</summary>
            public static Modules.SGD SGD(IEnumerable<Modules.Parameter> parameters, double learningRate, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);

            /// <summary>Steps down the gradient, with momentum if wanted.</summary>
            public static Modules.SGD SGD(IEnumerable<(string name, Modules.Parameter parameter)> parameters, double learningRate, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
                new(parameters.Select(entry => entry.parameter), learningRate, momentum, dampening, weight_decay, nesterov, maximize);

            /// <summary>Steps down the gradient, with momentum if wanted.</summary>
            public static Modules.SGD SGD(IEnumerable<Modules.SGD.ParamGroup> parameters, double learningRate, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);
        }
    }
}

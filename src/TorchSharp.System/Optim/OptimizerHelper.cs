using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What optimizers have in common: groups, options and state.</summary>
public abstract class OptimizerHelper : optim.Optimizer
{
    /// <summary>The options for what groups leave open.</summary>
    protected OptimizerOptions _defaults = null!;

    /// <summary>The state of each parameter, by native handle.</summary>
    protected OrderedDict<IntPtr, OptimizerState> _state = new();

    private protected OptimizerHelper()
    {
    }

    private protected OptimizerState StateOf(Parameter parameter) => _state[parameter.Handle];

    private protected void AddState(Parameter parameter, OptimizerState state, OptimizerOptions options)
    {
        state.Initialize(options);
        _state[parameter.Handle] = state;
    }

    /// <summary>Steps every group, unrecorded and in a dispose scope, after the loss of the closure.</summary>
    protected Tensor _step<T>(Action<T> body, Func<Tensor> loss_closure = null!) where T : ParamGroup
    {
        Tensor loss = null!;
        if (loss_closure is not null)
        {
            using IDisposable recording = enable_grad();
            loss = loss_closure();
        }
        using IDisposable mode = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach (ParamGroup group in _parameter_groups) body((T)group);
        return loss;
    }

    /// <summary>The options and state.</summary>
    public virtual StateDictionary state_dict()
    {
        var dictionary = new StateDictionary();
        foreach (ParamGroup group in _parameter_groups)
        {
            dictionary.Options.Add(group.Options);
            var indices = new List<int>();
            dictionary.StateIndexRef.Add(indices);
            foreach (Parameter parameter in group.Parameters)
            {
                indices.Add(dictionary.State.Count);
                dictionary.State.Add(StateOf(parameter));
            }
        }
        return dictionary;
    }

    /// <summary>Copies options and state of another optimizer of the same kind.</summary>
    public virtual void load_state_dict(StateDictionary state_dict)
    {
        StateDictionary own = this.state_dict();
        if (state_dict.Options.Count != own.Options.Count) throw new ArgumentException("Invalid optimizer state -- different number of parameter groups.");
        if (state_dict.State.Count != own.State.Count) throw new ArgumentException("Invalid optimizer state -- different number of states.");
        for (int i = 0; i < own.Options.Count; i++)
            if (own.Options[i] != state_dict.Options[i]) own.Options[i].LoadStateDict(state_dict.Options[i]);
        for (int i = 0; i < own.State.Count; i++)
            if (own.State[i] != state_dict.State[i]) own.State[i].LoadStateDict(state_dict.State[i]);
    }

    /// <summary>Moves the state to a device.</summary>
    public void to(Device device)
    {
        foreach (OptimizerState state in _state.values()) state.to(device);
    }

    private protected override void ReleaseState()
    {
        foreach (OptimizerState state in _state.values()) (state as IDisposable)?.Dispose();
        _state.Clear();
    }
}

/// <summary>Options of a group of parameters.</summary>
public class OptimizerOptions
{
    private protected OptimizerOptions()
    {
    }

    /// <summary>The learning rate; null means the optimizer's.</summary>
    public double? LearningRate { get; set; }

    /// <summary>The learning rate at the start.</summary>
    public double InitialLearningRate { get; set; }

    /// <summary>Copies another group's options.</summary>
    public virtual void LoadStateDict(OptimizerOptions source)
    {
        LearningRate = source.LearningRate;
        InitialLearningRate = source.InitialLearningRate;
    }
}

/// <summary>What an optimizer remembers of a parameter.</summary>
public abstract class OptimizerState
{
    /// <summary>The parameter.</summary>
    protected Parameter _parameter;

    /// <summary>Nothing remembered yet.</summary>
    protected OptimizerState(Parameter parameter) => _parameter = parameter;

    /// <summary>The state before the first step.</summary>
    public abstract void Initialize(OptimizerOptions options);

    /// <summary>Copies another parameter's state.</summary>
    public abstract void LoadStateDict(OptimizerState source);

    /// <summary>Moves the state to a device.</summary>
    public virtual void to(Device device)
    {
    }

    /// <summary>A copy of a state tensor on the device of another, in no dispose scope.</summary>
    private protected static void Assign(ref Tensor target, Tensor source)
    {
        Tensor? copy = source is null ? null : source.to(target?.device ?? source.device, copy: true).DetachFromDisposeScope();
        target?.Dispose();
        target = copy!;
    }

    private protected static void Move(ref Tensor target, Device device)
    {
        if (target is not null) target = target.to(device, disposeAfter: true).DetachFromDisposeScope();
    }
}

/// <summary>Parameters that share options.</summary>
public class ParamGroup : optim.ILearningRateController
{
    private protected ParamGroup()
    {
    }

    /// <summary>The parameters.</summary>
    public IEnumerable<Parameter> Parameters { get; set; } = null!;

    /// <summary>Their options.</summary>
    public OptimizerOptions Options { get; set; } = null!;

    /// <summary>The learning rate now.</summary>
    public double LearningRate
    {
        get => Options.LearningRate!.Value;
        set => Options.LearningRate = value;
    }

    /// <summary>The learning rate at the start.</summary>
    public double InitialLearningRate
    {
        get => Options.InitialLearningRate;
        set => Options.InitialLearningRate = value;
    }
}

/// <summary>Parameters that share options of a kind.</summary>
public class ParamGroup<TOptions> : ParamGroup where TOptions : OptimizerOptions
{
    /// <summary>Parameters and their options.</summary>
    private protected ParamGroup(IEnumerable<Parameter> parameters, TOptions options = null!)
    {
        Parameters = parameters;
        base.Options = options;
    }

    /// <summary>Their options.</summary>
    public new TOptions Options
    {
        get => (TOptions)base.Options;
        set => base.Options = value;
    }
}

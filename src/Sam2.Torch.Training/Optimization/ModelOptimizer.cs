using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Optimization;

/// <summary>AdamW over a model's parameter groups, with schedules, gradient clipping, float32 weights and loss scaling.</summary>
public sealed class ModelOptimizer : IDisposable
{
    private readonly OptimizerSettings _settings;
    private readonly IReadOnlyList<ParameterGroup> _groups;
    private readonly List<AdamW.Options> _options = [];
    private readonly Dictionary<string, AdamW.State> _states = [];
    private readonly AdamW _adam;

    /// <summary>Creates the optimizer of a model.</summary>
    /// <param name="model">The model in float32, on the device that it is trained on; stays the caller's.</param>
    /// <param name="settings">Learning rates, weight decay and so on.</param>
    /// <param name="precision">The type that the model is converted to and trained in: Float32, BFloat16 or Float16.</param>
    /// <exception cref="ArgumentException">The settings don't fit the model; the message names the setting.</exception>
    public ModelOptimizer(nn.Module model, OptimizerSettings settings, ScalarType precision = ScalarType.Float32)
    {
        _settings = settings;
        _groups = ParameterGroups.Of(model, settings);
        if (_groups.Count == 0)
            throw new ArgumentException("model.frozen: every parameter is frozen; there is nothing to train");
        Weights = new MasterWeights(model, precision);
        Scaler = new LossScaler(precision == float16);

        var byName = Weights.Trained.ToDictionary(w => w.Name, w => w.Weight);
        var groups = new List<AdamW.ParamGroup>();
        foreach (var group in _groups)
        {
            var options = new AdamW.Options
            {
                LearningRate = group.LearningRateAt(0),
                weight_decay = group.WeightDecay.At(0),
                beta1 = settings.Beta1,
                beta2 = settings.Beta2,
                eps = settings.Eps,
            };
            _options.Add(options);
            groups.Add(new AdamW.ParamGroup(group.Names.Select(name => byName[name]), options));
        }
        _adam = new AdamW(groups);
        foreach (var (name, state) in _groups.SelectMany(g => g.Names).Zip(_adam.state_dict().State))
            _states.Add(name, (AdamW.State)state);
    }

    /// <summary>The groups, with their schedules.</summary>
    public IReadOnlyList<ParameterGroup> Groups => _groups;

    /// <summary>The float32 weights.</summary>
    public MasterWeights Weights { get; }

    /// <summary>The loss scale, 1 unless the model is in float16.</summary>
    public LossScaler Scaler { get; }

    /// <summary>Adam's state of each parameter, by name.</summary>
    public IReadOnlyDictionary<string, AdamW.State> States => _states;

    /// <summary>Computes gradients of a loss and adds them to those of the step so far.</summary>
    /// <param name="loss">A scalar.</param>
    /// <param name="share">The weight of the loss in the step: one over the number of batches.</param>
    public void Backward(Tensor loss, double share = 1)
    {
        Differentiate(loss, share);
        Weights.TakeGradients();
    }

    /// <summary>
    /// Computes gradients of a loss and adds them to those of the model that it was computed with, the optimizer's own or a replica of
    /// it. Several threads can do so at once, each with a model of its own; <see cref="MasterWeights.TakeGradients(nn.Module)"/> comes after it.
    /// </summary>
    /// <param name="loss">A scalar.</param>
    /// <param name="share">The share of the step's batches that it stands for.</param>
    public void Differentiate(Tensor loss, double share = 1)
    {
        // If every frame of a clip is prompted with its mask, nothing is predicted, and there is no gradient.
        if (!loss.requires_grad)
            return;
        using var scope = NewDisposeScope();
        ActivationCheckpoint.Backward(loss.Times(Scaler.Scale * share));
    }

    /// <summary>Takes one step with the gradients so far and clears them.</summary>
    /// <param name="where">The fraction of the run that is over, in [0, 1).</param>
    /// <returns>The gradients' norm before clipping, and whether the step was taken.</returns>
    public (double GradientNorm, bool Taken) Step(double where)
    {
        Weights.ScaleGradients(1 / Scaler.Scale);
        var norm = nn.utils.clip_grad_norm_(Weights.Trained.Select(w => w.Weight), _settings.MaxGradientNorm ?? double.PositiveInfinity);
        var taken = Scaler.Update(double.IsFinite(norm));
        if (taken && double.IsFinite(norm))
        {
            for (var i = 0; i < _groups.Count; i++)
            {
                _options[i].LearningRate = _groups[i].LearningRateAt(where);
                _options[i].weight_decay = _groups[i].WeightDecay.At(where);
            }
            _adam.step();
            Weights.WriteToModel();
        }
        Weights.ClearGradients();
        return (norm, taken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _adam.Dispose();
        Weights.Dispose();
    }
}

/// <summary>
/// Keeps float16 gradients from underflow: the loss is multiplied by a factor that grows while all gradients are finite and shrinks
/// when one is not (Micikevicius et al. 2018; with the constants of PyTorch's <c>GradScaler</c>, which TorchSharp lacks).
/// </summary>
public sealed class LossScaler
{
    private const double Growth = 2;
    private const double Backoff = 0.5;
    private const int GrowthInterval = 2000;
    private const double Smallest = 1.0 / (1 << 14);

    private readonly bool _enabled;

    /// <summary>Starts at 2¹⁶ for float16; stays at 1 where <paramref name="enabled"/> is false.</summary>
    public LossScaler(bool enabled)
    {
        _enabled = enabled;
        Scale = enabled ? 65536 : 1;
    }

    /// <summary>The factor of the loss.</summary>
    public double Scale { get; private set; }

    /// <summary>Steps with finite gradients since the factor last changed.</summary>
    public int GoodSteps { get; private set; }

    /// <summary>Whether a step with such gradients may be taken; adapts the factor.</summary>
    /// <param name="finite">Whether all gradients were finite.</param>
    /// <returns>False if the step must be skipped. Always true without scaling: gradients are then infinite for another reason.</returns>
    public bool Update(bool finite)
    {
        if (!_enabled)
            return true;
        if (!finite)
            (Scale, GoodSteps) = (Scale * Backoff, 0);
        else if (++GoodSteps == GrowthInterval)
            (Scale, GoodSteps) = (Scale * Growth, 0);
        return finite;
    }

    /// <summary>Whether the factor is so small that the gradients themselves must be infinite or NaN.</summary>
    public bool Exhausted => Scale < Smallest;

    /// <summary>Continues from a saved state.</summary>
    public void Restore(double scale, int goodSteps)
    {
        if (_enabled)
            (Scale, GoodSteps) = (scale, goodSteps);
    }
}

/// <summary>AdamW and its options as a recipe describes them. Defaults are those of the original's fine-tuning recipe.</summary>
public sealed record OptimizerSettings
{
    /// <summary>Learning rates.</summary>
    public IReadOnlyList<OptionSettings> Lr { get; init; } =
    [
        new() { Scheduler = ScheduleKind.Cosine, StartValue = 5e-6, EndValue = 5e-7 },
        new() { Scheduler = ScheduleKind.Cosine, StartValue = 3e-6, EndValue = 3e-7, ParamNames = ["image_encoder.*"] },
    ];

    /// <summary>Weight decay: none for biases and layer normalisations.</summary>
    public IReadOnlyList<OptionSettings> WeightDecay { get; init; } =
    [
        new() { Value = 0.1 },
        new() { Value = 0, ParamNames = ["*bias*"], ModuleClsNames = ["LayerNorm"] },
    ];

    /// <summary>Layer-wise decay of the learning rate; null for none.</summary>
    public LayerDecaySettings? LayerDecay { get; init; } = new() { Overrides = [new() { Pattern = "*pos_embed*" }] };

    /// <summary>Largest norm of all gradients together; larger ones are scaled down. Null for no limit.</summary>
    public double? MaxGradientNorm { get; init; } = 0.1;

    /// <summary>Adam's decay of the mean gradient.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Adam's decay of the mean squared gradient.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to Adam's denominator.</summary>
    public double Eps { get; init; } = 1e-8;
}

/// <summary>
/// A schedule of the learning rate or of weight decay and the parameters that it is for. One entry of a list may name no parameters; it is
/// for all those that the other entries don't name.
/// </summary>
public sealed record OptionSettings : ScheduleSettings
{
    /// <summary>Patterns of parameter names, such as <c>image_encoder.*</c>.</summary>
    public IReadOnlyList<string>? ParamNames { get; init; }

    /// <summary>Classes of modules whose own parameters are included, such as <c>LayerNorm</c>.</summary>
    public IReadOnlyList<string>? ModuleClsNames { get; init; }
}

/// <summary>How the learning rate decays towards the first layers of the trunk.</summary>
public sealed record LayerDecaySettings
{
    /// <summary>Each layer's learning rate as a fraction of the next layer's, in (0, 1].</summary>
    public double Value { get; init; } = 0.9;

    /// <summary>Smallest factor, or null for none.</summary>
    public double? Min { get; init; }

    /// <summary>The part of the model, by the beginning of its parameters' names.</summary>
    public string ApplyTo { get; init; } = "image_encoder.trunk";

    /// <summary>Factors for parameters whose names fit a pattern; the first that fits counts.</summary>
    public IReadOnlyList<LayerDecayOverride> Overrides { get; init; } = [];
}

/// <summary>A factor of the learning rate in place of the layer's.</summary>
public sealed record LayerDecayOverride
{
    /// <summary>Pattern of parameter names, such as <c>*pos_embed*</c>.</summary>
    public string Pattern { get; init; } = "";

    /// <summary>The factor.</summary>
    public double Value { get; init; } = 1;
}

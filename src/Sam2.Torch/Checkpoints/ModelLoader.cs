using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>From a name or path to a model that is ready to run.</summary>
public static class ModelLoader
{
    /// <summary>Finds a checkpoint and its architecture, builds the model and fills it.</summary>
    /// <param name="nameOrPath">A checkpoint file, or a name such as <c>sam2.1_hiera_tiny</c> (see <see cref="ModelFiles"/>).</param>
    /// <param name="configPath">A YAML file; null to find the architecture without one (see <see cref="ConfigInference"/>).</param>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <param name="precision">Type of the weights: float32, bfloat16 or float16; float32 when null.</param>
    /// <param name="parts">Parts that replace the standard ones. They take from the file what fits, and else keep their initial values.</param>
    /// <param name="lora">Adapters to merge into the weights: a folder or file of PEFT (<see cref="LoraAdapter"/>); none when null.</param>
    /// <returns>The model in evaluation mode; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">A file isn't found, is damaged, or doesn't fit its configuration.</exception>
    public static Sam2Model Load(
        string nameOrPath, string? configPath = null, Device? device = null, ScalarType? precision = null, Sam2Parts? parts = null, string? lora = null)
    {
        using var adapter = lora is null ? null : LoraAdapter.Open(lora);
        using var checkpoint = Checkpoint.Open(ModelFiles.Resolve(nameOrPath));
        return Load(checkpoint, ConfigInference.Infer(checkpoint, configPath, parts), device, precision, parts, adapter);
    }

    /// <summary>Builds a model of a known architecture and fills it from an open checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="config">The architecture.</param>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <param name="precision">Type of the weights; float32 when null.</param>
    /// <param name="parts">Parts that replace the standard ones. They take from the file what fits, and else keep their initial values.</param>
    /// <param name="lora">Adapters to merge into the weights; none when null.</param>
    /// <returns>The model in evaluation mode; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">
    /// A file is damaged, keys and shapes are not those of the architecture, or weights are NaN or infinite.
    /// </exception>
    public static Sam2Model Load(
        Checkpoint checkpoint, Sam2Config config, Device? device = null, ScalarType? precision = null, Sam2Parts? parts = null, LoraAdapter? lora = null)
    {
        RequirePlausibleSize(checkpoint);
        var model = Build(checkpoint.Path, config, parts);
        return Prepare(model, checkpoint, lora, () =>
        {
            AdapterValues.Attach(checkpoint, model);
            Place(model, device, precision);
            CheckpointLoader.LoadInto(model, checkpoint, [.. model.Parts.ReplacedKeys, .. checkpoint.AbsentPrefixes]);
            model.IsImageOnly = checkpoint.IsImageOnly;
            model.MergeLora();
        });
    }

    /// <summary>Loads a model that makes masks in pictures: SAM 2, or the first Segment Anything or MobileSAM, whichever the checkpoint is.</summary>
    /// <param name="nameOrPath">A checkpoint file, or the name of one.</param>
    /// <param name="configPath">A YAML file for SAM 2; null to find the architecture without one, which always works for the others.</param>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <param name="precision">Type of the weights; float32 when null.</param>
    /// <param name="lora">Adapters to merge into the weights; none when null.</param>
    /// <returns>The model in evaluation mode, a <see cref="Sam2Model"/> or a <see cref="SamModel"/>; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">A file isn't found, is damaged, or doesn't fit its configuration.</exception>
    public static IPromptableModel LoadForPictures(
        string nameOrPath, string? configPath = null, Device? device = null, ScalarType? precision = null, string? lora = null)
    {
        using var adapter = lora is null ? null : LoraAdapter.Open(lora);
        using var checkpoint = Checkpoint.Open(ModelFiles.Resolve(nameOrPath));
        if (!SamConfigInference.Matches(checkpoint)) return Load(checkpoint, ConfigInference.Infer(checkpoint, configPath), device, precision, lora: adapter);
        if (configPath is not null)
            throw new CheckpointException(checkpoint.Path, $"is a model of the first Segment Anything, and {configPath} describes one of SAM 2", "Give no configuration: the weights tell all of it");
        return LoadSam(checkpoint, SamConfigInference.Infer(checkpoint), device, precision, adapter);
    }

    /// <summary>Builds a model of the first Segment Anything and fills it from an open checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="config">The architecture (<see cref="SamConfigInference"/>).</param>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <param name="precision">Type of the weights; float32 when null.</param>
    /// <param name="lora">Adapters to merge into the weights; none when null.</param>
    /// <returns>The model in evaluation mode; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">
    /// The file is damaged, keys and shapes are not those of the architecture, or weights are NaN or infinite.
    /// </exception>
    public static SamModel LoadSam(
        Checkpoint checkpoint, SamConfig config, Device? device = null, ScalarType? precision = null, LoraAdapter? lora = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        RequirePlausibleSize(checkpoint);
        TorchRuntime.EnsureLoaded();
        var model = new SamModel(config);
        return Prepare(model, checkpoint, lora, () =>
        {
            Place(model, device, precision);
            CheckpointLoader.LoadInto(model, checkpoint);
        });
    }

    /// <summary>Gives a new model its weights; it ends up in evaluation mode, or disposed if that fails.</summary>
    private static T Prepare<T>(T model, Checkpoint checkpoint, LoraAdapter? lora, Action fill)
        where T : nn.Module, IPromptableModel
    {
        try
        {
            fill();
            Merge(lora, model);
            if (FiniteNumbers.DescribeWeights(model) is { } weights)
            {
                throw new CheckpointException(
                    checkpoint.Path, $"has weights that are not finite ({weights}), so the model would give NaN instead of masks",
                    "Use another checkpoint, such as one from before a training run diverged, or download it again");
            }

            model.eval();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void Place(nn.Module model, Device? device, ScalarType? precision)
    {
        if (precision is { } type && type != ScalarType.Float32)
            model.to(type);
        if (device is not null && device.type != DeviceType.CPU)
            model.to(device);
    }

    private static void Merge(LoraAdapter? lora, nn.Module model)
    {
        using var scope = NewDisposeScope();
        lora?.MergeInto(model.state_dict());
    }

    /// <summary>A model with random weights; <paramref name="origin"/> is named if the configuration contradicts itself.</summary>
    public static Sam2Model Build(string origin, Sam2Config config, Sam2Parts? parts = null)
    {
        TorchRuntime.EnsureLoaded();
        try
        {
            return new Sam2Model(config, parts);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(origin, $"has a configuration that can't be built: {e.Message.TrimEnd('.')}", "Correct the setting, or give another configuration", e);
        }
    }

    /// <summary>Tensors may share bytes of a file (expanded ones do), but a model that is many times as large as its file is a damaged or hostile one.</summary>
    private static void RequirePlausibleSize(Checkpoint checkpoint)
    {
        Int128 bytes = 0;
        foreach (var entry in checkpoint.StateDict.Values)
            bytes += (Int128)entry.ElementCount * ScalarTypes.Size(entry.ScalarType);
        if (bytes > 4 * (Int128)checkpoint.FileLength)
            throw new CheckpointException(checkpoint.Path, $"describes tensors of {bytes} bytes in a file of {checkpoint.FileLength}", CheckpointRemedy.Redownload);
    }
}
